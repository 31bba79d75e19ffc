import { ConfigError } from '../config/load.ts'
import { pageOfLog } from '../db/log-pages.ts'
import { pagesById } from '../db/pages.ts'
import { ExchangeError } from '../errors.ts'
import { actionNamed } from '../exchange/history.ts'
import { formatTimestamp, parseTimestamp } from '../exchange/timestamps.ts'
import type { CommandContext } from './command.ts'
import { inHouse } from './house.ts'
import { partOf } from './part.ts'

const PAGE = 1000

/** The log of actions as JSON, one a line, in the order in which it was written. */
export async function audit(context: CommandContext): Promise<void> {
  const { terminal, values } = context
  const filter = {
    ...partOf(context),
    user: values.get('--user'),
    action: read('--action', values.get('--action'), actionNamed),
    since: read('--since', values.get('--since'), timeOf),
    until: read('--until', values.get('--until'), timeOf),
  }
  await inHouse(context, async ({ database }) => {
    const read = (after: number) => pageOfLog(database, { ...filter, after, limit: PAGE })
    for await (const page of pagesById({ start: 0, size: PAGE }, read)) {
      for (const { at, id, ...row } of page) {
        terminal.write(`${JSON.stringify({ id, at: formatTimestamp(Number(at)), ...row })}\n`)
      }
    }
  })
}

/** A day alone is its beginning. */
export function timeOf(text: string): number {
  return parseTimestamp(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text} 00:00` : text)
}

function read<T>(flag: string, text: string | undefined, parse: (text: string) => T): T | undefined {
  try {
    return text === undefined ? undefined : parse(text)
  } catch (error) {
    if (error instanceof ExchangeError) throw new ConfigError([`${flag}: ${error.message}`])
    throw error
  }
}
