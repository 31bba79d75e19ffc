import { type Kysely, SqliteAdapter, sql } from 'kysely'
import type { Schema } from './schema.ts'

/** What the database itself finds wrong in it, one line each. Only SQLite can be asked; servers check as they read. */
export async function integrityComplaints(database: Kysely<Schema>): Promise<string[]> {
  if (!(database.getExecutor().adapter instanceof SqliteAdapter)) return []
  const found: string[] = []
  const integrity = await sql<{ integrity_check: string }>`pragma integrity_check(20)`.execute(database)
  for (const row of integrity.rows) if (row.integrity_check !== 'ok') found.push(row.integrity_check)
  const keys = await sql<{ table: string; rowid: number; parent: string }>`pragma foreign_key_check`.execute(
    database,
  )
  for (const { parent, rowid, table } of keys.rows.slice(0, 20)) {
    found.push(`row ${rowid} of ${table} points to nothing in ${parent}`)
  }
  return found
}
