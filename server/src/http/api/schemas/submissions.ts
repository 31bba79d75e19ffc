import { type Static, Type } from 'typebox'
import type { Receipt, Submission } from '../../../exchange/receipts.ts'
import { formatInstant } from '../../../exchange/timestamps.ts'
import { FeedbackBody } from './feedback.ts'
import { Next } from './parameters.ts'
import {
  AssignmentCode,
  Bytes,
  CourseCode,
  Digest,
  Instant,
  Label,
  Notebooks,
  nullable,
  ref,
  UserName,
  Uuid,
} from './values.ts'

export const ReceiptBody = Type.Object(
  {
    id: Uuid,
    course_id: CourseCode,
    assignment_id: AssignmentCode,
    student: { ...UserName, description: 'Whose work it is' },
    submitted_by: { ...UserName, description: 'Who handed it in: the student, or an instructor on behalf' },
    timestamp: Label,
    received_at: { ...Instant, description: "The server's clock when the request began" },
    effective_at: {
      ...Instant,
      description:
        'What decides about late: `received_at`, or the time that an instructor stated who handed it in on behalf',
    },
    size: Bytes,
    sha256: Digest,
    notebooks: Notebooks,
  },
  { $id: 'Receipt', description: 'What was handed in, by whom, when, and which bytes' },
)

export const SubmissionBody = Type.Object(
  {
    ...ReceiptBody.properties,
    full_name: nullable(Type.String({ description: 'Of the student' })),
    email: nullable(Type.String({ description: 'Of the student' })),
    lms_user_id: nullable(Type.String({ description: 'Of the student' })),
    feedback: Type.Optional(Type.Array(ref(FeedbackBody), { description: 'Only where it was asked for' })),
  },
  { $id: 'Submission', description: 'A receipt, with what an instructor sees of the student' },
)

export const SubmissionPageBody = Type.Object(
  { submissions: Type.Array(ref(SubmissionBody)), next: Next },
  { $id: 'SubmissionPage' },
)

export const OwnSubmissionBody = Type.Object(
  { ...ReceiptBody.properties, feedback: Type.Array(ref(FeedbackBody)) },
  { $id: 'OwnSubmission', description: "The receipt of one's own work, with the feedback on it" },
)

export const OwnSubmissionPageBody = Type.Object(
  { submissions: Type.Array(ref(OwnSubmissionBody)), next: Next },
  { $id: 'OwnSubmissionPage' },
)

export function toReceiptBody(receipt: Receipt): Static<typeof ReceiptBody> {
  return {
    id: receipt.id,
    course_id: receipt.courseCode,
    assignment_id: receipt.assignmentCode,
    student: receipt.student,
    submitted_by: receipt.submittedBy,
    timestamp: receipt.timestamp,
    received_at: formatInstant(receipt.receivedAt),
    effective_at: formatInstant(receipt.effectiveAt),
    size: receipt.size,
    sha256: receipt.sha256,
    notebooks: receipt.notebooks,
  }
}

export function toSubmissionBody(submission: Submission): Static<typeof SubmissionBody> {
  return {
    ...toReceiptBody(submission),
    full_name: submission.fullName,
    email: submission.email,
    lms_user_id: submission.lmsUserId,
  }
}
