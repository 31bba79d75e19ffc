import { sql } from 'kysely'
import type { Database } from './database.ts'
import { notErased } from './erasures.ts'
import type { Action } from './schema.ts'
import type { FileTable, StoredFile } from './stored-files.ts'

/** What part of the house is meant; whatever is left out counts as all. */
export interface Part {
  orgId?: number | undefined
  course?: string | undefined
  assignment?: string | undefined
  /** A user's name. */
  student?: string | undefined
}

export interface CourseStats {
  org_id: number
  course: string
  title: string | null
  members: number
  assignments: number
  releases: number
  submissions: number
  feedback: number
  /** Of all files that are still there. */
  bytes: number
  /** The last thing that happened: microseconds since 1970 UTC. */
  last_at: number | null
}

const FILES = { released: 'releases', submitted: 'submissions', feedback: 'feedback' } as const

/** How much is in each course, by organisation and code. */
export async function statsByCourse(database: Database, part: Part): Promise<CourseStats[]> {
  let query = database
    .selectFrom('courses')
    .select(['courses.id', 'courses.org_id', 'courses.code as course', 'courses.title'])
    .orderBy('courses.org_id')
    .orderBy('courses.code')
  if (part.orgId !== undefined) query = query.where('courses.org_id', '=', part.orgId)
  if (part.course !== undefined) query = query.where('courses.code', '=', part.course)
  const courses = await query.execute()
  const stats: CourseStats[] = []
  for (const { id, ...course } of courses) stats.push({ ...course, ...(await contentOf(database, id)) })
  return stats
}

async function contentOf(database: Database, courseId: number) {
  const count = sql<number>`count(*)`.as('count')
  const members = await database
    .selectFrom('members')
    .select(count)
    .where('course_id', '=', courseId)
    .executeTakeFirst()
  const assignments = await database
    .selectFrom('assignments')
    .select(count)
    .where('course_id', '=', courseId)
    .where('purged_at', '=', 0)
    .executeTakeFirst()
  const last = await database
    .selectFrom('actions')
    .select(sql<number | null>`max(at)`.as('at'))
    .where('course_id', '=', courseId)
    .executeTakeFirst()
  const files = { releases: 0, submissions: 0, feedback: 0 }
  let bytes = 0
  for (const table of Object.values(FILES)) {
    const row = await database
      .selectFrom(table)
      .innerJoin('assignments', 'assignments.id', `${table}.assignment_id`)
      .select([count, sql<number | null>`sum(${sql.ref(`${table}.size`)})`.as('bytes')])
      .where('assignments.course_id', '=', courseId)
      .where(notErased(`${table}.id`))
      .executeTakeFirst()
    files[table] = Number(row?.count ?? 0)
    bytes += Number(row?.bytes ?? 0)
  }
  return {
    members: Number(members?.count ?? 0),
    assignments: Number(assignments?.count ?? 0),
    ...files,
    bytes,
    last_at: last?.at == null ? null : Number(last.at),
  }
}

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
  if (wanted.orgId !== undefined) query = query.where('actions.org_id', '=', wanted.orgId)
  if (wanted.course !== undefined) query = query.where('courses.code', '=', wanted.course)
  if (wanted.assignment !== undefined) query = query.where('assignments.code', '=', wanted.assignment)
  if (wanted.user !== undefined) query = query.where('actor.name', '=', wanted.user)
  if (wanted.student !== undefined) query = query.where('student.name', '=', wanted.student)
  if (wanted.action !== undefined) query = query.where('actions.action', '=', wanted.action)
  if (wanted.since !== undefined) query = query.where('actions.at', '>=', wanted.since)
  if (wanted.until !== undefined) query = query.where('actions.at', '<', wanted.until)
  return query.orderBy('actions.id').limit(wanted.limit).execute()
}

export interface PurgeWanted extends Part {
  kind: FileTable
  /** Files of assignments that were purged before this instant. */
  purgedBefore: number
  /** Also what was handed in or given as feedback before this one, in any assignment. */
  madeBefore: number | null
}

/** The files whose time has come, those gone already left out. */
export async function filesToPurge(database: Database, wanted: PurgeWanted): Promise<StoredFile[]> {
  const table = FILES[wanted.kind]
  const made = wanted.kind === 'submitted' ? 'effective_at' : 'released_at'
  const purged = sql<boolean>`assignments.purged_at > 0 and assignments.purged_at < ${wanted.purgedBefore}`
  const old =
    wanted.madeBefore === null || wanted.kind === 'released'
      ? purged
      : sql<boolean>`(${purged} or ${sql.ref(`${table}.${made}`)} < ${wanted.madeBefore})`
  let query = database
    .selectFrom(table)
    .innerJoin('assignments', 'assignments.id', `${table}.assignment_id`)
    .innerJoin('courses', 'courses.id', 'assignments.course_id')
    .select([`${table}.id`, `${table}.org_id`, `${table}.size`, `${table}.sha256`])
    .where(old)
    .where(notErased(`${table}.id`))
  if (wanted.orgId !== undefined) query = query.where('courses.org_id', '=', wanted.orgId)
  if (wanted.course !== undefined) query = query.where('courses.code', '=', wanted.course)
  const rows = await query.orderBy(`${table}.id`).execute()
  return rows.map(({ id, org_id, sha256, size }) => ({
    kind: wanted.kind,
    id,
    orgId: org_id,
    size: Number(size),
    sha256,
  }))
}
