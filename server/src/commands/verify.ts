import { recordChore } from '../db/chores.ts'
import { integrityComplaints } from '../db/integrity.ts'
import { countStoredFiles } from '../db/stored-files.ts'
import { fileKey } from '../exchange/keys.ts'
import type { CommandContext, ExitCode } from './command.ts'
import { type House, inHouse } from './house.ts'
import { damageOf, filesOfRows, storedFiles } from './keeping-house/check-files.ts'
import { type Progress, progressOn } from './progress.ts'
import { inBytes, shareOf, spanOf } from './words.ts'

export interface VerifyReport {
  /** Which share of the files was read, 1 for all. */
  subset: number
  files: { checked: number; bytes: number }
  /** Files that are not what their rows say. */
  damaged: { key: string; problem: string }[]
  /** Files older than a day that belong to no row: `sweep` removes them. */
  litter: { files: number; bytes: number }
  /** What the database finds wrong in itself. */
  database: string[]
}

const AT_ONCE = 4

/** Looks whether every row has its file and every file its row. Exit code 3 where a file or the database is damaged. */
export async function verify(context: CommandContext): Promise<ExitCode | undefined> {
  const subset = shareOf('--subset', context.values.get('--subset') ?? '100%')
  const report = await inHouse(context, async (house) => {
    const found = await verifyHouse(house, { subset, progress: progressOn(context.terminal) })
    await recordChore(house.database, {
      name: 'verify',
      at: house.now(),
      clean: isClean(found),
      report: found,
    })
    return found
  })
  write(context, report)
  return isClean(report) ? undefined : 3
}

export function isClean({ damaged, database }: VerifyReport): boolean {
  return damaged.length === 0 && database.length === 0
}

export async function verifyHouse(
  house: House,
  { progress, subset }: { subset: number; progress: Progress },
): Promise<VerifyReport> {
  const report: VerifyReport = {
    subset,
    files: { checked: 0, bytes: 0 },
    damaged: [],
    litter: { files: 0, bytes: 0 },
    database: await integrityComplaints(house.database),
  }
  progress.begin('files of rows', await countStoredFiles(house.database))
  const rows = filesOfRows(house)
  const reader = async () => {
    for await (const file of { [Symbol.asyncIterator]: () => ({ next: () => rows.next() }) }) {
      progress.step()
      if (subset < 1 && Math.random() >= subset) continue
      const problem = await damageOf(house, file)
      report.files.checked += 1
      report.files.bytes += file.size
      if (problem !== null) report.damaged.push({ key: fileKey(file), problem })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, reader))
  const old = house.now() - spanOf('', '24h')
  progress.begin('rows of files', null)
  for await (const group of storedFiles(house)) {
    progress.step(group.length)
    for (const { file, hasRow } of group) {
      if (hasRow || file.modifiedAt.getTime() * 1000 > old) continue
      report.litter.files += 1
      report.litter.bytes += file.size
    }
  }
  progress.end()
  report.damaged.sort((a, b) => (a.key < b.key ? -1 : 1))
  return report
}

function write({ switches, terminal }: CommandContext, report: VerifyReport): void {
  if (switches.has('--json')) {
    terminal.write(`${JSON.stringify({ clean: isClean(report), ...report }, null, 2)}\n`)
    return
  }
  const { damaged, database, files, litter } = report
  terminal.write(`Read ${files.checked} files, ${inBytes(files.bytes)}.\n`)
  for (const { key, problem } of damaged) terminal.write(`damaged  ${key}: ${problem}\n`)
  for (const problem of database) terminal.write(`database  ${problem}\n`)
  if (litter.files > 0) {
    terminal.write(
      `${litter.files} files, ${inBytes(litter.bytes)}, belong to no row: see nbexchange sweep.\n`,
    )
  }
  terminal.write(isClean(report) ? 'Everything is as its row says.\n' : 'Something is damaged.\n')
}
