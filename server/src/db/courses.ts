import type { Selectable } from 'kysely'
import type { Database } from './database.ts'
import type { CoursesTable } from './schema/people.ts'
import { upsert } from './upsert.ts'

export type CourseRow = Selectable<CoursesTable>

export interface CourseOfUser extends CourseRow {
  /** The role last asserted; null where this user was never seen in the course. */
  role: string | null
}

/** The open courses with these codes, each with the user's remembered role. */
export async function findCourses(
  database: Database,
  wanted: { orgId: number; codes: readonly string[]; userId: number },
): Promise<CourseOfUser[]> {
  if (wanted.codes.length === 0) return []
  return database
    .selectFrom('courses')
    .leftJoin('members', (join) =>
      join
        .onRef('members.org_id', '=', 'courses.org_id')
        .onRef('members.course_id', '=', 'courses.id')
        .on('members.user_id', '=', wanted.userId),
    )
    .selectAll('courses')
    .select('members.role')
    .where('courses.org_id', '=', wanted.orgId)
    .where('courses.code', 'in', wanted.codes)
    .where('courses.closed_at', '=', 0)
    .execute()
}

/** Makes the course where none is open under this code, or brings its title up to date where one is given. */
export async function upsertCourse(
  database: Database,
  course: { orgId: number; code: string; title: string | null; at: number },
): Promise<CourseRow> {
  await upsert(database, {
    table: 'courses',
    row: {
      org_id: course.orgId,
      code: course.code,
      title: course.title,
      closed_at: 0,
      created_at: course.at,
    },
    keys: ['org_id', 'code', 'closed_at'],
    fill: ['title'],
  })
  return database
    .selectFrom('courses')
    .selectAll()
    .where('org_id', '=', course.orgId)
    .where('code', '=', course.code)
    .where('closed_at', '=', 0)
    .executeTakeFirstOrThrow()
}
