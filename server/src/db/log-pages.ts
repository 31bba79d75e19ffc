import type { Database } from './database.ts'
import { inPart, type Part } from './part.ts'
import type { Action } from './schema/log.ts'

export interface LogWanted extends Part {
  user?: string | undefined
  action?: Action | undefined
  /** Microseconds: at or after, and before. */
  since?: number | undefined
  until?: number | undefined
  /** Only with a higher number than this. */
  after: number
  limit: number
}

const COLUMNS = {
  orgId: 'actions.org_id',
  course: 'courses.code',
  assignment: 'assignments.code',
  student: 'student.name',
}

/** A page of the log, closed courses, purged assignments and all, in the order in which it was written. */
export async function pageOfLog(database: Database, wanted: LogWanted) {
  let query = database
    .selectFrom('actions')
    .leftJoin('courses', 'courses.id', 'actions.course_id')
    .leftJoin('assignments', 'assignments.id', 'actions.assignment_id')
    .leftJoin('users as actor', 'actor.id', 'actions.user_id')
    .leftJoin('users as student', 'student.id', 'actions.student_id')
    .leftJoin('credentials as token', 'token.id', 'actions.token_id')
    .select(['actions.id', 'actions.at', 'actions.action', 'actions.org_id', 'courses.code as course'])
    .select(['assignments.code as assignment', 'actor.name as user', 'student.name as student'])
    .select(['actions.release_id', 'actions.submission_id', 'actions.feedback_id'])
    .select(['actions.token_id', 'token.name as token', 'actions.detail'])
    .where('actions.id', '>', wanted.after)
    .where(inPart(wanted, COLUMNS))
  if (wanted.user !== undefined) query = query.where('actor.name', '=', wanted.user)
  if (wanted.action !== undefined) query = query.where('actions.action', '=', wanted.action)
  if (wanted.since !== undefined) query = query.where('actions.at', '>=', wanted.since)
  if (wanted.until !== undefined) query = query.where('actions.at', '<', wanted.until)
  const rows = await query.orderBy('actions.id').limit(wanted.limit).execute()
  return rows.map(({ detail, ...row }) => ({ ...row, detail: detail === null ? null : JSON.parse(detail) }))
}
