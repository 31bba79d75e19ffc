import { type Static, Type } from 'typebox'
import type { Assignment } from '../../../exchange/assignments.ts'
import { formatInstant } from '../../../exchange/timestamps.ts'
import { ReleaseBody, toReleaseBody } from './releases.ts'
import { AssignmentCode, CourseCode, Instant, nullable, ref } from './values.ts'

export const AssignmentBody = Type.Object(
  {
    course_id: CourseCode,
    assignment_id: AssignmentCode,
    status: Type.Enum(['released', 'unreleased'], { type: 'string' }),
    fetched_at: nullable({ ...Instant, description: 'When the caller last fetched it; null for never' }),
    release: ref(ReleaseBody),
  },
  { $id: 'Assignment', description: 'An assignment as the caller sees it, with its newest release' },
)

export const AssignmentListBody = Type.Object(
  { assignments: Type.Array(ref(AssignmentBody)) },
  { $id: 'AssignmentList' },
)

export const PurgeBody = Type.Object(
  { assignment_id: { ...AssignmentCode, description: 'The code of the assignment once more' } },
  { $id: 'Purge', description: 'That it is meant' },
)

export function toAssignmentBody(assignment: Assignment): Static<typeof AssignmentBody> {
  return {
    course_id: assignment.courseCode,
    assignment_id: assignment.code,
    status: assignment.released ? 'released' : 'unreleased',
    fetched_at: assignment.fetchedAt === null ? null : formatInstant(assignment.fetchedAt),
    release: toReleaseBody(assignment.release),
  }
}
