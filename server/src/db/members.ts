import type { Database } from './database.ts'
import { upsert } from './upsert.ts'

export interface MemberKey {
  orgId: number
  courseId: number
  userId: number
}

/** Remembers the role as last asserted. */
export async function upsertMember(
  database: Database,
  member: MemberKey & { role: string; at: number },
): Promise<void> {
  await upsert(database, {
    table: 'members',
    row: {
      org_id: member.orgId,
      course_id: member.courseId,
      user_id: member.userId,
      role: member.role,
      asserted_at: member.at,
    },
    keys: ['org_id', 'course_id', 'user_id'],
    replace: ['role', 'asserted_at'],
  })
}

/** Whether this user was ever seen in the course or handed anything in there. */
export async function isKnownInCourse(database: Database, member: MemberKey): Promise<boolean> {
  const seen = await database
    .selectFrom('members')
    .select('user_id')
    .where('org_id', '=', member.orgId)
    .where('course_id', '=', member.courseId)
    .where('user_id', '=', member.userId)
    .executeTakeFirst()
  if (seen) return true
  const submitted = await database
    .selectFrom('submissions')
    .innerJoin('assignments', 'assignments.id', 'submissions.assignment_id')
    .select('submissions.id')
    .where('submissions.org_id', '=', member.orgId)
    .where('submissions.user_id', '=', member.userId)
    .where('assignments.course_id', '=', member.courseId)
    .limit(1)
    .executeTakeFirst()
  return submitted !== undefined
}

export interface MemberRow {
  name: string
  full_name: string | null
  email: string | null
  lms_user_id: string | null
  role: string
  asserted_at: number
}

/** The remembered members of a course by name, `limit` of them after the name `after`. */
export async function listMembers(
  database: Database,
  page: { orgId: number; courseId: number; after: string | null; limit: number },
): Promise<MemberRow[]> {
  let query = database
    .selectFrom('members')
    .innerJoin('users', (join) =>
      join.onRef('users.org_id', '=', 'members.org_id').onRef('users.id', '=', 'members.user_id'),
    )
    .select(['users.name', 'users.full_name', 'users.email', 'users.lms_user_id'])
    .select(['members.role', 'members.asserted_at'])
    .where('members.org_id', '=', page.orgId)
    .where('members.course_id', '=', page.courseId)
  if (page.after !== null) query = query.where('users.name', '>', page.after)
  return query.orderBy('users.name').limit(page.limit).execute()
}

/** Answers whether there was anything to forget. */
export async function forgetMember(database: Database, member: MemberKey): Promise<boolean> {
  const result = await database
    .deleteFrom('members')
    .where('org_id', '=', member.orgId)
    .where('course_id', '=', member.courseId)
    .where('user_id', '=', member.userId)
    .executeTakeFirst()
  return Number(result.numDeletedRows) > 0
}

/** Every open course that the user was ever seen in, by id, with the role last asserted. */
export async function listMembershipsOf(
  database: Database,
  user: { orgId: number; userId: number },
): Promise<{ id: number; code: string; title: string | null; role: string }[]> {
  return database
    .selectFrom('members')
    .innerJoin('courses', (join) =>
      join.onRef('courses.org_id', '=', 'members.org_id').onRef('courses.id', '=', 'members.course_id'),
    )
    .select(['courses.id', 'courses.code', 'courses.title', 'members.role'])
    .where('members.org_id', '=', user.orgId)
    .where('members.user_id', '=', user.userId)
    .where('courses.closed_at', '=', 0)
    .orderBy('courses.id')
    .execute()
}
