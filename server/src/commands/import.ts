import { resolve } from 'node:path'
import { parseDatabaseUrl } from '../config/database-url.ts'
import { ConfigError } from '../config/load.ts'
import type { DatabaseLocation } from '../db/database.ts'
import type { CommandContext, ExitCode } from './command.ts'
import { readOldTables } from './moving-in/nbexchange-rows.ts'
import { nbexchangeHoldings } from './moving-in/nbexchange-source.ts'
import { runImport } from './moving-in/run-import.ts'

/** Takes over what nbexchange 1.5 or 2.0 holds. The old database and its files are only read. */
export function importOld(context: CommandContext): Promise<ExitCode | undefined> {
  return runImport(context, async () => {
    const url = databaseNamed('--from-db', context)
    const storage = folderNamed('--from-storage', context)
    const was = context.values.get('--storage-was')
    const holdings = nbexchangeHoldings(await readOldTables(url), { now: storage, was })
    return { name: url.dialect === 'sqlite' ? url.file : `${url.database} on ${url.host}`, holdings }
  })
}

/** The database that the flag names. Throws a `ConfigError`. */
export function databaseNamed(flag: string, { terminal, values }: CommandContext): DatabaseLocation {
  const text = values.get(flag)
  if (text === undefined) throw new ConfigError([`${flag}: is missing: ${flag}=sqlite:////srv/exchange.db`])
  const parsed = parseDatabaseUrl(text, terminal.cwd)
  if ('complaint' in parsed) throw new ConfigError([`${flag}: ${parsed.complaint}`])
  if (parsed.url.dialect === 'sqlite') return parsed.url
  return { ...parsed.url, poolSize: 1, connectTimeout: 5_000, statementTimeout: 3_600_000 }
}

/** The folder that the flag names, as an absolute path. Throws a `ConfigError`. */
export function folderNamed(flag: string, { terminal, values }: CommandContext): string {
  const text = values.get(flag)
  if (text === undefined) throw new ConfigError([`${flag}: is missing: ${flag}=/srv/exchange`])
  return resolve(terminal.cwd, text)
}
