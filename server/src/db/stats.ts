import { sql } from 'kysely'
import type { Database } from './database.ts'
import { notErased } from './erasures.ts'
import { inPart, type Part } from './part.ts'

export interface CourseStats {
  org_id: number
  course: string
  title: string | null
  /** Microseconds since 1970 UTC; null while it is open. */
  closed_at: number | null
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

const FILES = ['releases', 'submissions', 'feedback'] as const

/** How much is in each course, by organisation and code; closed ones behind the open one of their code. */
export async function statsByCourse(database: Database, part: Part): Promise<CourseStats[]> {
  const courses = await database
    .selectFrom('courses')
    .select(['courses.id', 'courses.org_id', 'courses.code as course', 'courses.title', 'courses.closed_at'])
    .where(inPart(part, { orgId: 'courses.org_id', course: 'courses.code' }))
    .orderBy('courses.org_id')
    .orderBy('courses.code')
    .orderBy('courses.closed_at')
    .execute()
  const stats: CourseStats[] = []
  for (const { closed_at, id, ...course } of courses) {
    const closedAt = Number(closed_at)
    stats.push({ ...course, closed_at: closedAt === 0 ? null : closedAt, ...(await contentOf(database, id)) })
  }
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
  for (const table of FILES) {
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
