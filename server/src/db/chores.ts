import type { Database } from './database.ts'

/** The result of one run of a command that keeps house. */
export interface Chore {
  name: string
  /** Microseconds since 1970 UTC. */
  at: number
  /** Whether nothing was found that a person must look at. */
  clean: boolean
  report: unknown
}

export async function recordChore(database: Database, chore: Chore): Promise<void> {
  const row = {
    name: chore.name,
    at: chore.at,
    clean: chore.clean ? 1 : 0,
    report: JSON.stringify(chore.report),
  }
  await database.insertInto('chores').values(row).execute()
}

/** The last run of this command that was recorded. */
export async function lastChore(database: Database, name: string): Promise<Chore | undefined> {
  const row = await database
    .selectFrom('chores')
    .selectAll()
    .where('name', '=', name)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { name, at: Number(row.at), clean: row.clean === 1, report: JSON.parse(row.report) }
}

/** When `verify` last ran, and how many damaged files it found; null where it never has. */
export async function lastVerifyIn(
  database: Database,
): Promise<{ at: number; clean: boolean; damaged: number } | null> {
  const last = await lastChore(database, 'verify')
  if (!last) return null
  const { damaged } = last.report as { damaged: unknown[] }
  return { at: last.at, clean: last.clean, damaged: damaged.length }
}
