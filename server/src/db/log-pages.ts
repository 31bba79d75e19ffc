import type { Database } from './database.ts'
import { inPart, type Part } from './part.ts'
import type { Action } from './schema.ts'

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

/** A page of the log, purged assignments and all, in the order in which it was written. */
export async function pageOfLog(database: Database, wanted: LogWanted) {
  let query = database
    .selectFrom('actions')
    .innerJoin('courses', 'courses.id', 'actions.course_id')
    .innerJoin('assignments', 'assignments.id', 'actions.assignment_id')
    .innerJoin('users as actor', 'actor.id', 'actions.user_id')
    .leftJoin('users as student', 'student.id', 'actions.student_id')
    .select(['actions.id', 'actions.at', 'actions.action', 'actions.org_id', 'courses.code as course'])
    .select(['assignments.code as assignment', 'actor.name as user', 'student.name as student'])
    .select(['actions.release_id', 'actions.submission_id', 'actions.feedback_id'])
    .where('actions.id', '>', wanted.after)
    .where(inPart(wanted, COLUMNS))
  if (wanted.user !== undefined) query = query.where('actor.name', '=', wanted.user)
  if (wanted.action !== undefined) query = query.where('actions.action', '=', wanted.action)
  if (wanted.since !== undefined) query = query.where('actions.at', '>=', wanted.since)
  if (wanted.until !== undefined) query = query.where('actions.at', '<', wanted.until)
  return query.orderBy('actions.id').limit(wanted.limit).execute()
}
