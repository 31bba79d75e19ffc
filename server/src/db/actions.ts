import { type Insertable, sql } from 'kysely'
import type { Database } from './database.ts'
import type { Action, ActionsTable } from './schema.ts'

/** Appends to the log. */
export async function recordActions(
  database: Database,
  rows: readonly Insertable<ActionsTable>[],
): Promise<void> {
  if (rows.length > 0) await database.insertInto('actions').values(rows).execute()
}

export interface ActionRow {
  id: number
  action: Action
  at: number
  course_id: number
  course: string
  assignment_id: number
  assignment: string
  active: number
  user_id: number
  user: string
  student: string | null
  release_id: string | null
  release_version: number | null
  released_at: number | null
  submission_id: string | null
  /** The label of the submission that the action is about. */
  timestamp: string | null
  stated_at: number | null
  /** Whose submission it is. */
  owner: string | null
  feedback_id: string | null
  feedback_released_at: number | null
}

export interface ActionsFilter {
  orgId: number
  courseIds: readonly number[]
  /** Of these courses only releases, what this user did, and what was handed in for this user. */
  ownOnly?: { courseIds: readonly number[]; userId: number } | undefined
  assignmentCode?: string | undefined
  action?: Action | undefined
  student?: string | undefined
  /** Only older than this id. */
  before?: number | undefined
  limit?: number | undefined
  order: 'asc' | 'desc'
}

/** The log of live assignments in the order it was written, or the reverse. */
export async function listActions(database: Database, filter: ActionsFilter): Promise<ActionRow[]> {
  if (filter.courseIds.length === 0) return []
  let query = joined(database)
    .where('actions.org_id', '=', filter.orgId)
    .where('actions.course_id', 'in', filter.courseIds)
    .where('assignments.purged_at', '=', 0)
  const { action, assignmentCode, before, limit, ownOnly, student } = filter
  if (ownOnly && ownOnly.courseIds.length > 0) {
    query = query.where((eb) =>
      eb.or([
        eb('actions.course_id', 'not in', ownOnly.courseIds),
        eb('actions.user_id', '=', ownOnly.userId),
        eb('actions.action', '=', 'released'),
        eb.and([eb('actions.student_id', '=', ownOnly.userId), eb('actions.action', '=', 'submitted')]),
      ]),
    )
  }
  if (assignmentCode !== undefined) query = query.where('assignments.code', '=', assignmentCode)
  if (action !== undefined) query = query.where('actions.action', '=', action)
  if (student !== undefined)
    query = query.where(sql<boolean>`coalesce(student.name, actor.name) = ${student}`)
  if (before !== undefined) query = query.where('actions.id', '<', before)
  if (limit !== undefined) query = query.limit(limit)
  return query.orderBy('actions.id', filter.order).execute()
}

function joined(database: Database) {
  return database
    .selectFrom('actions')
    .innerJoin('courses', 'courses.id', 'actions.course_id')
    .innerJoin('assignments', 'assignments.id', 'actions.assignment_id')
    .innerJoin('users as actor', 'actor.id', 'actions.user_id')
    .leftJoin('users as student', 'student.id', 'actions.student_id')
    .leftJoin('releases', 'releases.id', 'actions.release_id')
    .leftJoin('submissions', 'submissions.id', 'actions.submission_id')
    .leftJoin('users as owner', 'owner.id', 'submissions.user_id')
    .leftJoin('feedback', 'feedback.id', 'actions.feedback_id')
    .select(['actions.id', 'actions.action', 'actions.at', 'actions.course_id', 'courses.code as course'])
    .select(['actions.assignment_id', 'assignments.code as assignment', 'assignments.active'])
    .select(['actions.user_id', 'actor.name as user', 'student.name as student'])
    .select(['actions.release_id', 'releases.version as release_version', 'releases.released_at'])
    .select([
      'actions.submission_id',
      'submissions.timestamp',
      'submissions.stated_at',
      'owner.name as owner',
    ])
    .select(['actions.feedback_id', 'feedback.released_at as feedback_released_at'])
}

/** When the user last fetched each assignment of these courses. */
export async function listFetchTimes(
  database: Database,
  of: { orgId: number; userId: number; courseIds: readonly number[] },
): Promise<Map<number, number>> {
  if (of.courseIds.length === 0) return new Map()
  const rows = await database
    .selectFrom('actions')
    .select(['assignment_id', sql<number>`max(at)`.as('at')])
    .where('org_id', '=', of.orgId)
    .where('user_id', '=', of.userId)
    .where('course_id', 'in', of.courseIds)
    .where('action', '=', 'fetched')
    .groupBy('assignment_id')
    .execute()
  return new Map(rows.map((row) => [row.assignment_id, Number(row.at)]))
}
