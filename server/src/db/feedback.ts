import { type Insertable, type Selectable, sql } from 'kysely'
import type { Database } from './database.ts'
import { isErased, notErased } from './erasures.ts'
import type { FeedbackTable } from './schema/work.ts'

export interface FeedbackRow extends Selectable<FeedbackTable> {
  student: string
  releaser: string
  /** 1 where a submission has the time that the feedback names. */
  matched: number
}

export async function insertFeedback(database: Database, row: Insertable<FeedbackTable>): Promise<void> {
  await database.insertInto('feedback').values(row).execute()
}

/** Current versions only, those purged left out. */
function currentFeedback(database: Database, orgId: number) {
  return newestFeedback(database, orgId).where(notErased('feedback.id'))
}

function newestFeedback(database: Database, orgId: number) {
  return database
    .selectFrom('feedback')
    .innerJoin('users as owner', (join) =>
      join.onRef('owner.org_id', '=', 'feedback.org_id').onRef('owner.id', '=', 'feedback.user_id'),
    )
    .innerJoin('users as releaser', (join) =>
      join.onRef('releaser.org_id', '=', 'feedback.org_id').onRef('releaser.id', '=', 'feedback.released_by'),
    )
    .selectAll('feedback')
    .select(['owner.name as student', 'releaser.name as releaser'])
    .select(
      sql<number>`case when exists (
        select 1 from submissions
        where submissions.org_id = feedback.org_id and submissions.assignment_id = feedback.assignment_id
          and submissions.user_id = feedback.user_id and submissions.stated_at = feedback.stated_at
      ) then 1 else 0 end`.as('matched'),
    )
    .where('feedback.org_id', '=', orgId)
    .where(
      sql<boolean>`not exists (
        select 1 from feedback newer
        where newer.org_id = feedback.org_id and newer.assignment_id = feedback.assignment_id
          and newer.user_id = feedback.user_id and newer.stated_at = feedback.stated_at
          and newer.notebook = feedback.notebook and newer.version > feedback.version)`,
    )
}

export interface FeedbackKey {
  orgId: number
  assignmentId: number
  userId: number
  statedAt: number
  notebook: string
}

/** The current feedback for one notebook of one submission. */
export async function findFeedback(database: Database, key: FeedbackKey): Promise<FeedbackRow | undefined> {
  const newest = await findNewestFeedback(database, key)
  return newest?.erased ? undefined : newest
}

/** The feedback with the highest version, which nobody may have again; `erased` is 1 where its file was purged. */
export async function findNewestFeedback(
  database: Database,
  key: FeedbackKey,
): Promise<(FeedbackRow & { erased: number }) | undefined> {
  return newestFeedback(database, key.orgId)
    .select(sql<number>`case when ${isErased('feedback.id')} then 1 else 0 end`.as('erased'))
    .where('feedback.assignment_id', '=', key.assignmentId)
    .where('feedback.user_id', '=', key.userId)
    .where('feedback.stated_at', '=', key.statedAt)
    .where('feedback.notebook', '=', key.notebook)
    .executeTakeFirst()
}

export interface FeedbackFilter {
  orgId: number
  courseIds: readonly number[]
  assignmentCode?: string | undefined
  userId?: number | undefined
}

/** Current feedback of live assignments, by assignment, student, time and notebook. */
export async function listFeedback(database: Database, filter: FeedbackFilter): Promise<FeedbackRow[]> {
  if (filter.courseIds.length === 0) return []
  let query = currentFeedback(database, filter.orgId)
    .innerJoin('assignments', 'assignments.id', 'feedback.assignment_id')
    .where('assignments.course_id', 'in', filter.courseIds)
    .where('assignments.purged_at', '=', 0)
  if (filter.assignmentCode !== undefined) query = query.where('assignments.code', '=', filter.assignmentCode)
  if (filter.userId !== undefined) query = query.where('feedback.user_id', '=', filter.userId)
  return query
    .orderBy('feedback.assignment_id')
    .orderBy('owner.name')
    .orderBy('feedback.stated_at')
    .orderBy('feedback.notebook')
    .execute()
}
