import { type CourseOfUser, findCourses, upsertCourse } from '../db/courses.ts'
import { transact } from '../db/database.ts'
import * as rows from '../db/members.ts'
import { findUser, type UserRow, upsertUser } from '../db/users.ts'
import { ExchangeError } from '../errors.ts'
import type { Exchange, RoleSettings } from './exchange.ts'
import type { Person } from './identity.ts'

/** A user in a course, with the role that the sign-in gives there now. What every rule asks for. */
export interface Member {
  orgId: number
  userId: number
  userName: string
  courseId: number
  courseCode: string
  courseTitle: string | null
  role: string
  isInstructor: boolean
}

/** A membership that is remembered, with what the sign-in last said of the user. */
export interface KnownMember {
  name: string
  full_name: string | null
  email: string | null
  lms_user_id: string | null
  role: string
  /** Microseconds since 1970 UTC. */
  assertedAt: number
}

/**
 * The person as a member of the course. Throws `forbidden` when the sign-in does not list the course now,
 * whether it exists or not.
 */
export async function memberOf(exchange: Exchange, person: Person, courseCode: string): Promise<Member> {
  const [member] = person.courses.has(courseCode) ? await membersOf(exchange, person, [courseCode]) : []
  if (member) return member
  throw new ExchangeError('not_member', { course: courseCode })
}

/** As `memberOf`, and throws `forbidden` for anybody who does not teach the course. */
export async function instructorOf(exchange: Exchange, person: Person, courseCode: string): Promise<Member> {
  return requireInstructor(await memberOf(exchange, person, courseCode))
}

export function requireInstructor(member: Member): Member {
  if (member.isInstructor) return member
  throw new ExchangeError('not_instructor', { course: member.courseCode })
}

/** The person in each of these courses (default: all that the sign-in lists), ordered by code. */
export async function membersOf(
  exchange: Exchange,
  person: Person,
  codes: readonly string[] = [...person.courses.keys()],
): Promise<Member[]> {
  const user = await findUser(exchange.database, person.orgId, person.name)
  const courses = user
    ? await findCourses(exchange.database, { orgId: person.orgId, codes, userId: user.id })
    : []
  const known = user && isCurrent(person, user, codes, courses) ? { user, courses } : null
  const { user: row, courses: found } = known ?? (await remember(exchange, person, codes))
  return found
    .map((course) => toMember(exchange, person, row, course))
    .sort((a, b) => (a.courseCode < b.courseCode ? -1 : 1))
}

function toMember(exchange: Exchange, person: Person, user: UserRow, course: CourseOfUser): Member {
  const role = person.courses.get(course.code)?.role ?? ''
  return {
    orgId: person.orgId,
    userId: user.id,
    userName: user.name,
    courseId: course.id,
    courseCode: course.code,
    courseTitle: course.title,
    role,
    isInstructor: teaches(exchange.settings, role),
  }
}

/** Whether a role is one that teaches: compared without regard to ASCII case, spaces count. */
export function teaches({ instructorRoles }: RoleSettings, role: string): boolean {
  return instructorRoles.some((one) => inLowerCase(one) === inLowerCase(role))
}

function inLowerCase(role: string): string {
  return role.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** Whether everything that the sign-in says stands in the database already, so that a request writes nothing. */
function isCurrent(
  person: Person,
  user: UserRow,
  codes: readonly string[],
  courses: readonly CourseOfUser[],
): boolean {
  const same = (said: string | null, stored: string | null) => said === null || said === stored
  return (
    same(person.fullName, user.full_name) &&
    same(person.email, user.email) &&
    same(person.lmsUserId, user.lms_user_id) &&
    courses.length === codes.length &&
    courses.every((course) => {
      const said = person.courses.get(course.code)
      return said !== undefined && course.role === said.role && same(said.title, course.title)
    })
  )
}

/** Writes what the sign-in says. Two requests that do so at once end with the same rows. */
async function remember(
  exchange: Exchange,
  person: Person,
  codes: readonly string[],
): Promise<{ user: UserRow; courses: CourseOfUser[] }> {
  const at = exchange.now()
  const { orgId } = person
  return transact(exchange.database, async (transaction) => {
    const user = await upsertUser(transaction, { ...person, at })
    for (const code of codes) {
      const said = person.courses.get(code)
      if (!said) continue
      const course = await upsertCourse(transaction, { orgId, code, title: said.title, at })
      const member = { orgId, courseId: course.id, userId: user.id }
      await rows.upsertMember(transaction, { ...member, role: said.role, at })
    }
    return { user, courses: await findCourses(transaction, { orgId, codes, userId: user.id }) }
  })
}

/** One page of the remembered members, by name; `next` is the name after which the next page begins. */
export async function listMembers(
  exchange: Exchange,
  member: Member,
  page: { after: string | null; limit: number },
): Promise<{ members: KnownMember[]; next: string | null }> {
  requireInstructor(member)
  const { orgId, courseId } = member
  const found = await rows.listMembers(exchange.database, { orgId, courseId, ...page })
  return {
    members: found.map(({ asserted_at, ...row }) => ({ ...row, assertedAt: Number(asserted_at) })),
    next: found.length === page.limit ? (found.at(-1)?.name ?? null) : null,
  }
}

/** Forgets a remembered membership; it comes back when the sign-in lists it again. */
export async function forgetMember(exchange: Exchange, member: Member, userName: string): Promise<void> {
  requireInstructor(member)
  const user = await findUser(exchange.database, member.orgId, userName)
  const key = { orgId: member.orgId, courseId: member.courseId, userId: user?.id ?? -1 }
  const gone = await transact(exchange.database, (transaction) => rows.forgetMember(transaction, key))
  if (!gone) throw new ExchangeError('not_remembered', { course: member.courseCode, user: userName })
}
