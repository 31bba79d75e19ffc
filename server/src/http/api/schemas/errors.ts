import { Type } from 'typebox'
import { type ErrorCode, REASONS } from '../../../reasons.ts'
import { ref } from './values.ts'

export const ErrorCodeBody = Type.Enum(Object.keys(REASONS) as ErrorCode[], {
  $id: 'ErrorCode',
  type: 'string',
  description: 'What to do, for machines',
})

export const ErrorBody = Type.Object(
  {
    code: ref(ErrorCodeBody),
    reason: Type.String({
      description:
        'What happened: a stable word. `x-reasons` lists all that there are now, each under its code, with its message; another version may know more',
      'x-reasons': REASONS,
    }),
    params: Type.Record(
      Type.String(),
      Type.Union([Type.String(), Type.Number(), Type.Array(Type.String())]),
      {
        description: 'What the message names, for those who say it in another language',
      },
    ),
    message: Type.String({ description: 'What happened, for people, in one line' }),
  },
  { $id: 'Error', description: 'Why a request was refused' },
)
