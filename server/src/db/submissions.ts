import { type Insertable, type Selectable, sql } from 'kysely'
import type { Database } from './database.ts'
import { isErased, notErased } from './erasures.ts'
import type { SubmissionsTable } from './schema/work.ts'

export interface SubmissionRow extends Selectable<SubmissionsTable> {
  course_id: number
  course: string
  assignment: string
  student: string
  submitter: string
  full_name: string | null
  email: string | null
  lms_user_id: string | null
}

export async function insertSubmission(database: Database, row: Insertable<SubmissionsTable>): Promise<void> {
  await database.insertInto('submissions').values(row).execute()
}

/** Submissions with the names of everything they point at; those of purged assignments and erased ones are not there. */
function submissions(database: Database, orgId: number) {
  return allSubmissions(database, orgId)
    .where('assignments.purged_at', '=', 0)
    .where(notErased('submissions.id'))
}

function allSubmissions(database: Database, orgId: number) {
  return database
    .selectFrom('submissions')
    .innerJoin('assignments', (join) =>
      join
        .onRef('assignments.org_id', '=', 'submissions.org_id')
        .onRef('assignments.id', '=', 'submissions.assignment_id'),
    )
    .innerJoin('courses', (join) =>
      join
        .onRef('courses.org_id', '=', 'assignments.org_id')
        .onRef('courses.id', '=', 'assignments.course_id'),
    )
    .innerJoin('users as owner', (join) =>
      join.onRef('owner.org_id', '=', 'submissions.org_id').onRef('owner.id', '=', 'submissions.user_id'),
    )
    .innerJoin('users as submitter', (join) =>
      join
        .onRef('submitter.org_id', '=', 'submissions.org_id')
        .onRef('submitter.id', '=', 'submissions.submitted_by'),
    )
    .selectAll('submissions')
    .select(['courses.id as course_id', 'courses.code as course', 'assignments.code as assignment'])
    .select(['owner.name as student', 'owner.full_name', 'owner.email', 'owner.lms_user_id'])
    .select('submitter.name as submitter')
    .where('submissions.org_id', '=', orgId)
}

/** A submission that takes its time and its key for good, whether or not it is shown any more. */
export interface EarlierSubmission extends SubmissionRow {
  /** 1 where its assignment or its file was purged. */
  gone: number
}

function everSubmitted(database: Database, orgId: number) {
  const gone = sql<number>`case when assignments.purged_at > 0 or ${isErased('submissions.id')} then 1 else 0 end`
  return allSubmissions(database, orgId).select(gone.as('gone'))
}

/** One submission by its id, inside one course. */
export async function findSubmission(
  database: Database,
  wanted: { orgId: number; courseId: number; id: string },
): Promise<SubmissionRow | undefined> {
  return submissions(database, wanted.orgId)
    .where('assignments.course_id', '=', wanted.courseId)
    .where('submissions.id', '=', wanted.id)
    .executeTakeFirst()
}

export async function findSubmissionAt(
  database: Database,
  wanted: { orgId: number; assignmentId: number; userId: number; statedAt: number },
): Promise<EarlierSubmission | undefined> {
  return everSubmitted(database, wanted.orgId)
    .where('submissions.assignment_id', '=', wanted.assignmentId)
    .where('submissions.user_id', '=', wanted.userId)
    .where('submissions.stated_at', '=', wanted.statedAt)
    .executeTakeFirst()
}

export async function findSubmissionByKey(
  database: Database,
  key: { orgId: number; submittedBy: number; idempotencyKey: string },
): Promise<EarlierSubmission | undefined> {
  return everSubmitted(database, key.orgId)
    .where('submissions.submitted_by', '=', key.submittedBy)
    .where('submissions.idempotency_key', '=', key.idempotencyKey)
    .executeTakeFirst()
}

/** Where a page of submissions ends and the next begins. */
export type SubmissionCursor = readonly [
  courseId: number,
  assignment: string,
  student: string,
  position: number,
]

export interface SubmissionsFilter {
  orgId: number
  courseIds: readonly number[]
  assignmentCode?: string | undefined
  student?: string | undefined
  /** Only what counts as handed in at or before this instant. */
  before?: number | undefined
  /** Only the newest per student and assignment among the rest of the filter. */
  latest?: boolean | undefined
  after?: SubmissionCursor | undefined
  limit: number
}

/** What was handed in and not removed, ordered by course, assignment, student and position. */
export async function listSubmissions(
  database: Database,
  filter: SubmissionsFilter,
): Promise<SubmissionRow[]> {
  if (filter.courseIds.length === 0) return []
  const { after, assignmentCode, before, student } = filter
  let query = submissions(database, filter.orgId)
    .where('assignments.course_id', 'in', filter.courseIds)
    .where('submissions.removed_at', 'is', null)
  if (assignmentCode !== undefined) query = query.where('assignments.code', '=', assignmentCode)
  if (student !== undefined) query = query.where('owner.name', '=', student)
  if (before !== undefined) query = query.where('submissions.effective_at', '<=', before)
  if (filter.latest) query = query.where(isNewest(before))
  if (after !== undefined) query = query.where(isAfter(after))
  return query
    .orderBy('courses.id')
    .orderBy('assignments.code')
    .orderBy('owner.name')
    .orderBy('submissions.position')
    .limit(filter.limit)
    .execute()
}

function isNewest(before: number | undefined) {
  const until = before === undefined ? sql`` : sql` and newer.effective_at <= ${before}`
  return sql<boolean>`not exists (
    select 1 from submissions newer
    where newer.org_id = submissions.org_id and newer.assignment_id = submissions.assignment_id
      and newer.user_id = submissions.user_id and newer.removed_at is null
      and newer.position > submissions.position${until})`
}

function isAfter(cursor: SubmissionCursor) {
  const [courseId, assignment, student, position] = cursor
  return sql<boolean>`(courses.id, assignments.code, owner.name, submissions.position)
    > (${courseId}, ${assignment}, ${student}, ${position})`
}

/** One student's own submissions, removed ones too (they are evidence), without those taken off the list. */
export async function listOwnSubmissions(
  database: Database,
  filter: Omit<SubmissionsFilter, 'student' | 'before' | 'latest'> & { userId: number },
): Promise<SubmissionRow[]> {
  if (filter.courseIds.length === 0) return []
  let query = submissions(database, filter.orgId)
    .where('submissions.user_id', '=', filter.userId)
    .where('assignments.course_id', 'in', filter.courseIds)
    .where('submissions.hidden_at', 'is', null)
  if (filter.assignmentCode !== undefined) query = query.where('assignments.code', '=', filter.assignmentCode)
  if (filter.after !== undefined) query = query.where(isAfter(filter.after))
  return query
    .orderBy('courses.id')
    .orderBy('assignments.code')
    .orderBy('owner.name')
    .orderBy('submissions.position')
    .limit(filter.limit)
    .execute()
}

/** Assignments of these courses for which the user has handed something in. */
export async function listSubmittedAssignments(
  database: Database,
  of: { orgId: number; userId: number },
): Promise<number[]> {
  const rows = await database
    .selectFrom('submissions')
    .select('assignment_id')
    .distinct()
    .where('org_id', '=', of.orgId)
    .where('user_id', '=', of.userId)
    .execute()
  return rows.map((row) => row.assignment_id)
}

/** Answers whether it was there until now: of several at the same moment, one removes it. */
export async function setRemoved(database: Database, id: string, at: number): Promise<boolean> {
  const result = await database
    .updateTable('submissions')
    .set({ removed_at: at })
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return Number(result.numUpdatedRows) > 0
}

export async function setHidden(database: Database, id: string, at: number): Promise<void> {
  await database.updateTable('submissions').set({ hidden_at: at }).where('id', '=', id).execute()
}
