import type { Kysely } from 'kysely'
import type { Schema } from '../../db/schema.ts'

/** The numbers of users, open courses and live assignments in them by what they are called. */
export interface Numbers {
  user(orgId: number, name: string): number | undefined
  course(orgId: number, code: string): number | undefined
  assignment(orgId: number, course: string, code: string): number | undefined
}

export async function numbersIn(database: Kysely<Schema>): Promise<Numbers> {
  const users = await database.selectFrom('users').select(['id', 'org_id', 'name']).execute()
  const courses = await database
    .selectFrom('courses')
    .select(['id', 'org_id', 'code'])
    .where('closed_at', '=', 0)
    .execute()
  const assignments = await database
    .selectFrom('assignments')
    .innerJoin('courses', 'courses.id', 'assignments.course_id')
    .select(['assignments.id', 'assignments.org_id', 'courses.code as course', 'assignments.code'])
    .where('assignments.purged_at', '=', 0)
    .where('courses.closed_at', '=', 0)
    .execute()
  const key = (...words: readonly unknown[]) => JSON.stringify(words)
  const ofUser = new Map(users.map((row) => [key(row.org_id, row.name), row.id]))
  const ofCourse = new Map(courses.map((row) => [key(row.org_id, row.code), row.id]))
  const ofAssignment = new Map(assignments.map((row) => [key(row.org_id, row.course, row.code), row.id]))
  return {
    user: (orgId, name) => ofUser.get(key(orgId, name)),
    course: (orgId, code) => ofCourse.get(key(orgId, code)),
    assignment: (orgId, course, code) => ofAssignment.get(key(orgId, course, code)),
  }
}
