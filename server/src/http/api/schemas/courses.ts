import { type Static, Type } from 'typebox'
import type { KnownMember, Member } from '../../../exchange/members.ts'
import { formatInstant } from '../../../exchange/timestamps.ts'
import { Next } from './parameters.ts'
import { CourseCode, Instant, nullable, Role, ref, UserName } from './values.ts'

export const CourseBody = Type.Object(
  {
    course_id: CourseCode,
    title: nullable(Type.String()),
    role: { ...Role, description: 'As the sign-in says it now' },
    is_instructor: Type.Boolean({ description: 'Whether this role teaches the course' }),
  },
  {
    $id: 'Course',
    description: 'A course of the caller',
    examples: [{ course_id: 'bio101', title: 'Biology', role: 'Student', is_instructor: false }],
  },
)

export const CourseListBody = Type.Object({ courses: Type.Array(ref(CourseBody)) }, { $id: 'CourseList' })

export const MemberBody = Type.Object(
  {
    name: UserName,
    full_name: nullable(Type.String()),
    email: nullable(Type.String()),
    lms_user_id: nullable(Type.String()),
    role: { ...Role, description: 'As the sign-in last said it' },
    asserted_at: { ...Instant, description: 'When the sign-in last said it' },
  },
  { $id: 'Member', description: 'Somebody whom a sign-in has shown in the course' },
)

export const MemberPageBody = Type.Object(
  { members: Type.Array(ref(MemberBody)), next: Next },
  { $id: 'MemberPage' },
)

export function toCourse(member: Member): Static<typeof CourseBody> {
  return {
    course_id: member.courseCode,
    title: member.courseTitle,
    role: member.role,
    is_instructor: member.isInstructor,
  }
}

export function toMemberBody({ assertedAt, ...row }: KnownMember): Static<typeof MemberBody> {
  return { ...row, asserted_at: formatInstant(assertedAt) }
}
