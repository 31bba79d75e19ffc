import { sql } from 'kysely'
import type { Database } from './database.ts'
import { notErased } from './erasures.ts'
import { inPart, type Part } from './part.ts'
import { type FileTable, type StoredFile, TABLES, toStoredFile } from './stored-files.ts'

export interface PurgeWanted extends Part {
  kind: FileTable
  /** Files of assignments that were purged before this instant. */
  purgedBefore: number
  /** Also what was handed in or given as feedback before this one, in any assignment. */
  madeBefore: number | null
}

/** The files whose time has come, those gone already left out. */
export async function filesToPurge(database: Database, wanted: PurgeWanted): Promise<StoredFile[]> {
  const table = TABLES[wanted.kind]
  const made = wanted.kind === 'submitted' ? 'effective_at' : 'released_at'
  const purged = sql<boolean>`assignments.purged_at > 0 and assignments.purged_at < ${wanted.purgedBefore}`
  const old =
    wanted.madeBefore === null || wanted.kind === 'released'
      ? purged
      : sql<boolean>`(${purged} or ${sql.ref(`${table}.${made}`)} < ${wanted.madeBefore})`
  const rows = await database
    .selectFrom(table)
    .innerJoin('assignments', 'assignments.id', `${table}.assignment_id`)
    .innerJoin('courses', 'courses.id', 'assignments.course_id')
    .select([`${table}.id`, `${table}.org_id`, `${table}.size`, `${table}.sha256`])
    .where(old)
    .where(notErased(`${table}.id`))
    .where(inPart(wanted, { orgId: 'courses.org_id', course: 'courses.code' }))
    .orderBy(`${table}.id`)
    .execute()
  return rows.map((row) => toStoredFile(wanted.kind, row))
}

/** The extensions whose reason must be forgotten by the same rules, by the assignment's purge and their own age. */
export async function reasonsToPurge(
  database: Database,
  wanted: Omit<PurgeWanted, 'kind'>,
): Promise<number[]> {
  const purged = sql<boolean>`assignments.purged_at > 0 and assignments.purged_at < ${wanted.purgedBefore}`
  const rows = await database
    .selectFrom('extensions')
    .innerJoin('courses', 'courses.id', 'extensions.course_id')
    .leftJoin('assignments', 'assignments.id', 'extensions.assignment_id')
    .select('extensions.id')
    .where('extensions.reason', 'is not', null)
    .where(sql<boolean>`(${purged} or extensions.granted_at < ${wanted.madeBefore ?? 0})`)
    .where(inPart(wanted, { orgId: 'courses.org_id', course: 'courses.code' }))
    .orderBy('extensions.id')
    .execute()
  return rows.map(({ id }) => id)
}

/** The extensions stay, and why they were granted is known no more. */
export async function forgetReasons(database: Database, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  await database.updateTable('extensions').set({ reason: null }).where('id', 'in', ids).execute()
}
