import { Type } from 'typebox'
import { REASONS } from '../../../reasons.ts'

export const ErrorBody = Type.Object(
  {
    code: Type.Enum(Object.keys(REASONS), { type: 'string', description: 'What to do, for machines' }),
    reason: Type.String({ description: 'What happened: a stable word, listed in docs/errors.md' }),
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
