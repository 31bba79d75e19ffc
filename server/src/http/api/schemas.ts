import { type Static, Type } from 'typebox'
import type { Assignment } from '../../exchange/assignments.ts'
import type { Feedback } from '../../exchange/feedback.ts'
import type { Member } from '../../exchange/members.ts'
import type { Receipt, Submission } from '../../exchange/receipts.ts'
import type { Release } from '../../exchange/releases.ts'
import { formatTimestamp } from '../../exchange/timestamps.ts'

/** The shapes on the wire, and how ours become them. Wire names stop here. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()])

export const Time = Type.String({
  description: '`YYYY-MM-DD HH:MM:SS.ffffff UTC`, six digits',
  examples: ['2026-01-31 13:45:00.000000 UTC'],
})

const Digest = Type.String({ description: 'SHA-256 of the file, 64 lower-case hex digits' })
const Bytes = Type.Integer({ minimum: 0, description: 'bytes' })

export const ErrorBody = Type.Object({
  code: Type.String({ description: 'for machines' }),
  message: Type.String({ description: 'for people, one line' }),
})

/** The refusals that any route can give, for the documentation. */
export const refusals = { '4xx': ErrorBody, '5xx': ErrorBody }

export const CourseBody = Type.Object({
  course_id: Type.String(),
  title: Nullable(Type.String()),
  role: Type.String({ description: 'as the sign-in says it now' }),
  is_instructor: Type.Boolean(),
})

export function toCourse(member: Member): Static<typeof CourseBody> {
  return {
    course_id: member.courseCode,
    title: member.courseTitle,
    role: member.role,
    is_instructor: member.isInstructor,
  }
}

export const ReleaseBody = Type.Object({
  id: Type.String({ format: 'uuid' }),
  version: Type.Integer({ minimum: 1 }),
  released_at: Time,
  released_by: Type.String(),
  size: Bytes,
  sha256: Digest,
  notebooks: Type.Array(Type.String()),
})

export function toReleaseBody(release: Release): Static<typeof ReleaseBody> {
  return {
    id: release.id,
    version: release.version,
    released_at: formatTimestamp(release.releasedAt),
    released_by: release.releasedBy,
    size: release.size,
    sha256: release.sha256,
    notebooks: release.notebooks,
  }
}

export const AssignmentBody = Type.Object({
  course_id: Type.String(),
  assignment_id: Type.String(),
  status: Type.Union([Type.Literal('released'), Type.Literal('unreleased')]),
  fetched_at: Nullable(Time),
  release: ReleaseBody,
})

export function toAssignmentBody(assignment: Assignment): Static<typeof AssignmentBody> {
  return {
    course_id: assignment.courseCode,
    assignment_id: assignment.code,
    status: assignment.released ? 'released' : 'unreleased',
    fetched_at: assignment.fetchedAt === null ? null : formatTimestamp(assignment.fetchedAt),
    release: toReleaseBody(assignment.release),
  }
}

export const ReceiptBody = Type.Object({
  id: Type.String({ format: 'uuid' }),
  course_id: Type.String(),
  assignment_id: Type.String(),
  student: Type.String(),
  submitted_by: Type.String({ description: 'the instructor, when it was handed in on behalf' }),
  timestamp: Type.String({ description: 'the label that ties feedback to the submission' }),
  received_at: Time,
  effective_at: Time,
  size: Bytes,
  sha256: Digest,
  notebooks: Type.Array(Type.String(), { description: 'as the client named them when it handed in' }),
})

export function toReceiptBody(receipt: Receipt): Static<typeof ReceiptBody> {
  return {
    id: receipt.id,
    course_id: receipt.courseCode,
    assignment_id: receipt.assignmentCode,
    student: receipt.student,
    submitted_by: receipt.submittedBy,
    timestamp: receipt.timestamp,
    received_at: formatTimestamp(receipt.receivedAt),
    effective_at: formatTimestamp(receipt.effectiveAt),
    size: receipt.size,
    sha256: receipt.sha256,
    notebooks: receipt.notebooks,
  }
}

export const FeedbackBody = Type.Object({
  student: Type.String(),
  timestamp: Type.String({ description: 'of the submission that it is about' }),
  notebook_id: Type.String(),
  version: Type.Integer({ minimum: 1, description: 'grows when feedback is given again' }),
  size: Bytes,
  sha256: Digest,
  released_at: Time,
  released_by: Type.String(),
})

export function toFeedbackBody(feedback: Feedback): Static<typeof FeedbackBody> {
  return {
    student: feedback.student,
    timestamp: feedback.timestamp,
    notebook_id: feedback.notebook,
    version: feedback.version,
    size: feedback.size,
    sha256: feedback.sha256,
    released_at: formatTimestamp(feedback.releasedAt),
    released_by: feedback.releasedBy,
  }
}

export const SubmissionBody = Type.Object({
  ...ReceiptBody.properties,
  full_name: Nullable(Type.String()),
  email: Nullable(Type.String()),
  lms_user_id: Nullable(Type.String()),
  feedback: Type.Optional(Type.Array(FeedbackBody)),
})

export function toSubmissionBody(submission: Submission): Static<typeof SubmissionBody> {
  return {
    ...toReceiptBody(submission),
    full_name: submission.fullName,
    email: submission.email,
    lms_user_id: submission.lmsUserId,
  }
}

export const OwnSubmissionBody = Type.Object({
  ...ReceiptBody.properties,
  feedback: Type.Array(FeedbackBody),
})

export const Next = Nullable(Type.String({ description: 'the cursor of the next page; null at the end' }))

/** Query parameters of lists that grow with the class. */
export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 5000, default: 1000, description: 'items at the most' }),
  cursor: Type.Optional(Type.String({ maxLength: 4096, description: '`next` of the page before' })),
}

export const CourseParams = Type.Object({ course: Type.String() })
export const AssignmentParams = Type.Object({ course: Type.String(), assignment: Type.String() })
