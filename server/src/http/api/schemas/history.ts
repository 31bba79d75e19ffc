import { type Static, Type } from 'typebox'
import type { ActionRow } from '../../../exchange/history.ts'
import { formatInstant } from '../../../exchange/timestamps.ts'
import { Next } from './parameters.ts'
import { AssignmentCode, CourseCode, Instant, nullable, ref, UserName, Uuid } from './values.ts'

export const ActionFileBody = Type.Object(
  {
    id: Uuid,
    version: nullable(Type.Integer({ minimum: 1, description: 'Of a release; null for all others' })),
  },
  { $id: 'ActionFile', description: 'The release, submission or feedback that an action is about' },
)

export const ActionBody = Type.Object(
  {
    action: Type.String({ examples: ['submitted'] }),
    at: Instant,
    course_id: CourseCode,
    assignment_id: nullable({
      ...AssignmentCode,
      description: 'The code of the assignment; null for what concerns the whole course',
    }),
    user: nullable({
      ...UserName,
      description: 'Who did it; null for a command or a sync: `detail.by` says which',
    }),
    token: nullable(
      Type.String({ description: 'The name of the token that did it for `user`, who had made it' }),
    ),
    student: nullable({ ...UserName, description: 'Whose work it was' }),
    file: Type.Union([ref(ActionFileBody), Type.Null()]),
    detail: nullable(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'Ids, dates and words that say more; which ones depends on the action',
      }),
    ),
  },
  { $id: 'Action', description: 'One line of the log' },
)

export const ActionPageBody = Type.Object(
  { actions: Type.Array(ref(ActionBody)), next: Next },
  { $id: 'ActionPage' },
)

export function toActionBody(row: ActionRow): Static<typeof ActionBody> {
  const id = row.release_id ?? row.submission_id ?? row.feedback_id
  return {
    action: row.action,
    at: formatInstant(Number(row.at)),
    course_id: row.course,
    assignment_id: row.assignment,
    user: row.user,
    token: row.token,
    student: row.student,
    file: id === null ? null : { id, version: row.release_version },
    detail: row.detail === null ? null : JSON.parse(row.detail),
  }
}
