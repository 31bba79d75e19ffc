import { createHash } from 'node:crypto'
import type { Database } from '../../db/database.ts'
import { upsert } from '../../db/upsert.ts'

/** A UUID that is the same whenever it is made from the same words. */
export function uuidOf(...words: readonly string[]): string {
  const hex = createHash('sha256').update(words.join('\0')).digest('hex')
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-')
}

/** A short text that changes when one of the values does. */
export function stateOf(...values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex')
}

/** What was said of these things when they were taken over; those that were not are absent. */
export async function marksOf(database: Database, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await database.selectFrom('imported').select(['id', 'state']).where('id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, row.state]))
}

/** Remembers in the same transaction that a thing was taken over. */
export async function mark(
  database: Database,
  thing: { id: string; state: string; at: number },
): Promise<void> {
  await upsert(database, { table: 'imported', row: thing, keys: ['id'], replace: ['state', 'at'] })
}
