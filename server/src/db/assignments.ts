import type { Selectable } from 'kysely'
import type { Database } from './database.ts'
import type { AssignmentsTable } from './schema/work.ts'
import { upsert } from './upsert.ts'

export type AssignmentRow = Selectable<AssignmentsTable>

export interface AssignmentKey {
  orgId: number
  courseId: number
  code: string
}

/** The assignment that lives under this code now; a purged one is not found. */
export async function findAssignment(
  database: Database,
  key: AssignmentKey,
): Promise<AssignmentRow | undefined> {
  return database
    .selectFrom('assignments')
    .selectAll()
    .where('org_id', '=', key.orgId)
    .where('course_id', '=', key.courseId)
    .where('code', '=', key.code)
    .where('purged_at', '=', 0)
    .executeTakeFirst()
}

/** Makes the assignment where it is not there yet; answers the row either way. */
export async function ensureAssignment(
  database: Database,
  key: AssignmentKey & { at: number },
): Promise<AssignmentRow> {
  await upsert(database, {
    table: 'assignments',
    row: {
      org_id: key.orgId,
      course_id: key.courseId,
      code: key.code,
      active: 0,
      purged_at: 0,
      created_at: key.at,
    },
    keys: ['org_id', 'course_id', 'code', 'purged_at'],
  })
  const row = await findAssignment(database, key)
  if (!row) throw new Error('an assignment that was just made is not there')
  return row
}

/** Answers whether that changed anything: of several at the same moment, one does. */
export async function setActive(database: Database, id: number, active: 0 | 1): Promise<boolean> {
  const result = await database
    .updateTable('assignments')
    .set({ active })
    .where('id', '=', id)
    .where('active', '<>', active)
    .executeTakeFirst()
  return Number(result.numUpdatedRows) > 0
}

/** Answers whether that changed anything, as `setActive` does. */
export async function setPurged(database: Database, id: number, at: number): Promise<boolean> {
  const result = await database
    .updateTable('assignments')
    .set({ active: 0, purged_at: at })
    .where('id', '=', id)
    .where('purged_at', '=', 0)
    .executeTakeFirst()
  return Number(result.numUpdatedRows) > 0
}

export interface AssignmentsFilter {
  orgId: number
  courseIds: readonly number[]
  code?: string | undefined
}

/** The assignments of these courses, by course and code, purged ones left out. */
export async function listAssignments(
  database: Database,
  filter: AssignmentsFilter,
): Promise<AssignmentRow[]> {
  if (filter.courseIds.length === 0) return []
  let query = database
    .selectFrom('assignments')
    .selectAll()
    .where('org_id', '=', filter.orgId)
    .where('course_id', 'in', filter.courseIds)
    .where('purged_at', '=', 0)
  if (filter.code !== undefined) query = query.where('code', '=', filter.code)
  return query.orderBy('course_id').orderBy('code').execute()
}
