import type { Database } from './database.ts'
import { upsert } from './upsert.ts'

export interface Quarantined {
  key: string
  /** Microseconds since 1970 UTC. */
  since: number
}

/** Notes that this file belongs to no row; keeps the time where that was known already. */
export async function quarantine(database: Database, { key, since }: Quarantined): Promise<void> {
  await upsert(database, { table: 'quarantine', row: { file_key: key, since }, keys: ['file_key'] })
}

/** Since when each of these files is in quarantine; those that are not are absent. */
export async function quarantinedSince(
  database: Database,
  keys: readonly string[],
): Promise<Map<string, number>> {
  if (keys.length === 0) return new Map()
  const rows = await database.selectFrom('quarantine').selectAll().where('file_key', 'in', keys).execute()
  return new Map(rows.map((row) => [row.file_key, Number(row.since)]))
}

/** Every key in quarantine. */
export async function listQuarantine(database: Database): Promise<string[]> {
  const rows = await database.selectFrom('quarantine').select('file_key').execute()
  return rows.map((row) => row.file_key)
}

/** Lets the files go from the list; answers how many were on it. */
export async function release(database: Database, keys: readonly string[]): Promise<number> {
  if (keys.length === 0) return 0
  const result = await database.deleteFrom('quarantine').where('file_key', 'in', keys).executeTakeFirst()
  return Number(result.numDeletedRows)
}
