import { sql } from 'kysely'
import type { Database } from './database.ts'
import { type FileId, notErased } from './erasures.ts'
import { pagesById } from './pages.ts'
import { type Columns, inPart, type Part } from './part.ts'

const PAGE = 500
const OF_COURSE = { orgId: 'courses.org_id', course: 'courses.code', assignment: 'assignments.code' }
const COURSE = ['courses.code as course', 'courses.closed_at as course_closed_at'] as const
const OF_STUDENT = { ...OF_COURSE, student: 'owner.name' }

/** Every release of the part, with the names of all that it points to. */
export function exportReleases(database: Database, part: Part) {
  return paged((after) =>
    database
      .selectFrom('releases')
      .innerJoin('assignments', 'assignments.id', 'releases.assignment_id')
      .innerJoin('courses', 'courses.id', 'assignments.course_id')
      .innerJoin('users', 'users.id', 'releases.released_by')
      .select(['releases.id', 'releases.org_id', ...COURSE, 'assignments.code as assignment'])
      .select(['releases.version', 'releases.released_at', 'users.name as released_by', 'releases.notebooks'])
      .select(['releases.size', 'releases.sha256', 'assignments.active'])
      .where(isNext('releases.id', { after, part, names: OF_COURSE }))
      .orderBy('releases.id')
      .limit(PAGE)
      .execute(),
  )
}

/** Every submission of the part, removed and hidden ones too. */
export function exportSubmissions(database: Database, part: Part) {
  return paged((after) =>
    database
      .selectFrom('submissions')
      .innerJoin('assignments', 'assignments.id', 'submissions.assignment_id')
      .innerJoin('courses', 'courses.id', 'assignments.course_id')
      .innerJoin('users as owner', 'owner.id', 'submissions.user_id')
      .innerJoin('users as submitter', 'submitter.id', 'submissions.submitted_by')
      .select(['submissions.id', 'submissions.org_id', ...COURSE])
      .select(['assignments.code as assignment', 'owner.name as student', 'submitter.name as submitted_by'])
      .select(['submissions.timestamp', 'submissions.received_at', 'submissions.effective_at'])
      .select(['submissions.size', 'submissions.sha256', 'submissions.notebooks', 'submissions.removed_at'])
      .where(isNext('submissions.id', { after, part, names: OF_STUDENT }))
      .orderBy('submissions.id')
      .limit(PAGE)
      .execute(),
  )
}

/** Every feedback of the part, in every version. */
export function exportFeedback(database: Database, part: Part) {
  return paged((after) =>
    database
      .selectFrom('feedback')
      .innerJoin('assignments', 'assignments.id', 'feedback.assignment_id')
      .innerJoin('courses', 'courses.id', 'assignments.course_id')
      .innerJoin('users as owner', 'owner.id', 'feedback.user_id')
      .innerJoin('users as releaser', 'releaser.id', 'feedback.released_by')
      .select(['feedback.id', 'feedback.org_id', ...COURSE, 'assignments.code as assignment'])
      .select(['owner.name as student', 'releaser.name as released_by', 'feedback.released_at'])
      .select(['feedback.timestamp', 'feedback.notebook', 'feedback.version'])
      .select(['feedback.size', 'feedback.sha256'])
      .where(isNext('feedback.id', { after, part, names: OF_STUDENT }))
      .orderBy('feedback.id')
      .limit(PAGE)
      .execute(),
  )
}

async function* paged<T extends { id: string }>(read: (after: string) => Promise<T[]>): AsyncGenerator<T> {
  for await (const page of pagesById({ start: '', size: PAGE }, read)) yield* page
}

/** Whether a row comes after that id: of the part, and neither purged nor erased. */
function isNext(id: FileId, { after, names, part }: { after: string; part: Part; names: Columns }) {
  const behind = sql<boolean>`${sql.ref(id)} > ${after}`
  return sql<boolean>`assignments.purged_at = 0 and ${notErased(id)} and ${behind} and ${inPart(part, names)}`
}
