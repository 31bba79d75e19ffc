import { type Insertable, sql } from 'kysely'
import type { Database } from './database.ts'
import type { Action, ActionsTable } from './schema/log.ts'

/** Appends to the log. */
export async function recordActions(
  database: Database,
  rows: readonly Insertable<ActionsTable>[],
): Promise<void> {
  if (rows.length > 0) await database.insertInto('actions').values(rows).execute()
}

/** An action with what its own assignment does not know. */
export interface ActionLine {
  id: number
  action: Action
  at: number
  assignment_id: number
  /** Null where nobody did it but a command or a sync. */
  user_id: number | null
  user: string | null
  release_id: string | null
  released_at: number | null
  submission_id: string | null
  /** The time of the submission that the action is about. */
  stated_at: number | null
  /** Whose submission it is. */
  owner: string | null
  feedback_id: string | null
  feedback_released_at: number | null
}

export interface ActionRow extends Omit<ActionLine, 'assignment_id'> {
  course: string
  /** Null for what belongs to no assignment. */
  assignment: string | null
  student: string | null
  release_version: number | null
  /** What its maker calls the token that did it. */
  token: string | null
  /** A JSON object. */
  detail: string | null
}

export interface ActionsFilter {
  orgId: number
  courseIds: readonly number[]
  /** Of these courses only releases, what this user did, and what was handed in for this user. */
  ownOnly?: { courseIds: readonly number[]; userId: number } | undefined
  assignmentCode?: string | undefined
  assignmentIds?: readonly number[] | undefined
  /** Only these words. */
  actions?: readonly Action[] | undefined
  student?: string | undefined
  /** Only older than this id. */
  before?: number | undefined
  /** Only newer than this id. */
  after?: number | undefined
  limit?: number | undefined
  order: 'asc' | 'desc'
}

/** The log of live assignments in the order it was written, or the reverse. */
export async function listActions(database: Database, filter: ActionsFilter): Promise<ActionRow[]> {
  if (filter.courseIds.length === 0) return []
  return lines(database, filter)
    .innerJoin('courses', 'courses.id', 'actions.course_id')
    .leftJoin('assignments', 'assignments.id', 'actions.assignment_id')
    .leftJoin('users as student', 'student.id', 'actions.student_id')
    .leftJoin('credentials as token', 'token.id', 'actions.token_id')
    .select(['courses.code as course', 'assignments.code as assignment'])
    .select(['student.name as student', 'releases.version as release_version'])
    .select(['token.name as token', 'actions.detail'])
    .execute()
}

/** The same of assignments alone, for who knows them already: of a long log, each column costs. */
export async function listActionLines(database: Database, filter: ActionsFilter): Promise<ActionLine[]> {
  if (filter.courseIds.length === 0) return []
  return lines(database, filter)
    .where('actions.assignment_id', 'is not', null)
    .$narrowType<{ assignment_id: number }>()
    .execute()
}

function lines(database: Database, filter: ActionsFilter) {
  // The numbers first: what is left out, or sorted away by a limit, is not joined with anything.
  const chosen = chooseActions(database, filter).as('chosen')
  return database
    .selectFrom('actions')
    .innerJoin(chosen, 'chosen.id', 'actions.id')
    .leftJoin('users as actor', 'actor.id', 'actions.user_id')
    .leftJoin('releases', 'releases.id', 'actions.release_id')
    .leftJoin('submissions', 'submissions.id', 'actions.submission_id')
    .leftJoin('users as owner', 'owner.id', 'submissions.user_id')
    .leftJoin('feedback', 'feedback.id', 'actions.feedback_id')
    .select(['actions.id', 'actions.action', 'actions.at', 'actions.assignment_id'])
    .select(['actions.user_id', 'actor.name as user', 'actions.release_id', 'releases.released_at'])
    .select(['actions.submission_id', 'submissions.stated_at'])
    .select(['owner.name as owner', 'actions.feedback_id', 'feedback.released_at as feedback_released_at'])
    .orderBy('actions.id', filter.order)
}

/** How many actions about an assignment the filter lets through, by its id. */
export async function countActions(database: Database, filter: ActionsFilter): Promise<Map<number, number>> {
  if (filter.courseIds.length === 0) return new Map()
  const rows = await filtered(database, filter)
    .select(['visible.assignment_id', sql<number>`count(*)`.as('count')])
    .groupBy('visible.assignment_id')
    .execute()
  return numbersBy(rows.map((row) => [row.assignment_id, row.count]))
}

/** By assignment; what belongs to none is left out. */
function numbersBy(rows: readonly (readonly [assignmentId: number | null, value: number])[]) {
  const numbers = new Map<number, number>()
  for (const [id, value] of rows) if (id !== null) numbers.set(id, Number(value))
  return numbers
}

function chooseActions(database: Database, filter: ActionsFilter) {
  const query = filtered(database, filter).select('visible.id')
  return filter.limit === undefined ? query : query.orderBy('visible.id', filter.order).limit(filter.limit)
}

function filtered(database: Database, filter: ActionsFilter) {
  const { actions, after, assignmentCode, assignmentIds, before, orgId, student } = filter
  let query = database
    .selectFrom(visibleActions(database, filter).as('visible'))
    .leftJoin('assignments', 'assignments.id', 'visible.assignment_id')
    .where(sql<boolean>`coalesce(assignments.purged_at, 0) = 0`)
  if (assignmentCode !== undefined) query = query.where('assignments.code', '=', assignmentCode)
  // With a sum, which no index has: SQLite would look for the own actions among those of the whole class.
  if (assignmentIds !== undefined) query = query.where(sql`visible.assignment_id + 0`, 'in', assignmentIds)
  if (actions !== undefined) query = query.where('visible.action', 'in', actions)
  if (student !== undefined) query = query.where(isAbout(student, orgId))
  if (before !== undefined) query = query.where('visible.id', '<', before)
  if (after !== undefined) query = query.where('visible.id', '>', after)
  return query
}

function isAbout(student: string, orgId: number) {
  return sql<boolean>`coalesce(visible.student_id, visible.user_id) =
    (select users.id from users where users.org_id = ${orgId} and users.name = ${student})`
}

/** One query for each reason to see an action, so that each finds its rows by an index whatever the class does. */
function visibleActions(database: Database, filter: ActionsFilter) {
  const { assignmentIds, courseIds, orgId, ownOnly } = filter
  const inCourses = (ids: readonly number[]) =>
    database
      .selectFrom('actions')
      .select(COLUMNS)
      .where('actions.org_id', '=', orgId)
      .where('actions.course_id', 'in', ids)
  const everything = (ids: readonly number[]) =>
    assignmentIds === undefined
      ? inCourses(ids)
      : inCourses(ids).where('actions.assignment_id', 'in', assignmentIds)
  if (!ownOnly || ownOnly.courseIds.length === 0) return everything(courseIds)
  const { courseIds: studied, userId } = ownOnly
  const assignments = database
    .selectFrom('assignments')
    .select('assignments.id')
    .where('assignments.org_id', '=', orgId)
    .where('assignments.course_id', 'in', studied)
  const releases = inCourses(studied)
    .where('actions.assignment_id', 'in', assignments)
    .where('actions.action', '=', 'released')
  const own = inCourses(studied).where('actions.user_id', '=', userId)
  const handedIn = inCourses(studied)
    .where('actions.student_id', '=', userId)
    .where('actions.action', '=', 'submitted')
  const mine = own.union(releases).union(handedIn)
  const taught = courseIds.filter((id) => !studied.includes(id))
  return taught.length === 0 ? mine : mine.union(everything(taught))
}

const COLUMNS = [
  'actions.id',
  'actions.assignment_id',
  'actions.action',
  'actions.user_id',
  'actions.student_id',
] as const

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
  return numbersBy(rows.map((row) => [row.assignment_id, row.at]))
}
