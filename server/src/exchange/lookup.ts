import * as assignments from '../db/assignments.ts'
import type { Database } from '../db/database.ts'
import { isKnownInCourse } from '../db/members.ts'
import { findUser, type UserRow } from '../db/users.ts'
import { ExchangeError } from '../errors.ts'
import type { Member } from './members.ts'
import { checkCode } from './names.ts'

/** The row of a live assignment. Throws `not_found`. */
export async function requireAssignment(
  database: Database,
  member: Member,
  code: string,
): Promise<assignments.AssignmentRow> {
  const { orgId, courseId } = member
  const row = await assignments.findAssignment(database, { orgId, courseId, code })
  if (row) return row
  throw noAssignment(member, code)
}

export function noAssignment(member: Member, code: string): ExchangeError {
  return new ExchangeError('no_assignment', { course: member.courseCode, assignment: code })
}

/** The assignment under this code, made where it is not there yet; the code is checked only then. */
export async function ensureAssignment(
  database: Database,
  member: Member,
  wanted: { code: string; at: number },
): Promise<assignments.AssignmentRow> {
  const { orgId, courseId } = member
  return assignments.ensureAssignment(database, {
    orgId,
    courseId,
    ...wanted,
    code: checkCode('assignment', wanted.code),
  })
}

/** A student of the course by name. Throws `not_found` for anybody never seen there. */
export async function knownStudent(database: Database, member: Member, name: string): Promise<UserRow> {
  const user = await findUser(database, member.orgId, name)
  const key = { orgId: member.orgId, courseId: member.courseId, userId: user?.id ?? -1 }
  if (user && (await isKnownInCourse(database, key))) return user
  throw new ExchangeError('no_student', { course: member.courseCode, student: name })
}
