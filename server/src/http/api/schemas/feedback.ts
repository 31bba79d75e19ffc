import { type Static, Type } from 'typebox'
import type { Feedback } from '../../../exchange/feedback.ts'
import { formatInstant } from '../../../exchange/timestamps.ts'
import { ErrorBody } from './errors.ts'
import { Bytes, Digest, Instant, Label, NotebookName, ref, UserName } from './values.ts'

/** What a feedback file is about. */
const subject = { student: UserName, timestamp: Label, notebook_id: NotebookName }

export const FeedbackBody = Type.Object(
  {
    ...subject,
    version: Type.Integer({ minimum: 1, description: 'Grows when feedback is given again' }),
    size: Bytes,
    sha256: Digest,
    released_at: Instant,
    released_by: UserName,
  },
  { $id: 'Feedback', description: 'The feedback on one notebook of one submission' },
)

export const FeedbackListBody = Type.Object(
  { feedback: Type.Array(ref(FeedbackBody)) },
  { $id: 'FeedbackList' },
)

export const FeedbackRefusalBody = Type.Object(
  { ...subject, ...ErrorBody.properties },
  { $id: 'FeedbackRefusal', description: 'Why one file of a batch was not stored' },
)

export const FeedbackBatchBody = Type.Object(
  { results: Type.Array(Type.Union([ref(FeedbackBody), ref(FeedbackRefusalBody)])) },
  { $id: 'FeedbackBatch', description: 'What became of each file, in the order in which they came' },
)

/** One of the results of a batch. */
export type FeedbackResult = Static<typeof FeedbackBody> | Static<typeof FeedbackRefusalBody>

export function toFeedbackBody(feedback: Feedback): Static<typeof FeedbackBody> {
  return {
    student: feedback.student,
    timestamp: feedback.timestamp,
    notebook_id: feedback.notebook,
    version: feedback.version,
    size: feedback.size,
    sha256: feedback.sha256,
    released_at: formatInstant(feedback.releasedAt),
    released_by: feedback.releasedBy,
  }
}
