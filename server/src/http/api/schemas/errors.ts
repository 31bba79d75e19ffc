import { Type } from 'typebox'
import { ERROR_CODES } from '../../../errors.ts'

export const ErrorBody = Type.Object(
  {
    code: Type.Enum([...ERROR_CODES, 'internal'], {
      type: 'string',
      description: 'What to do, for machines',
    }),
    message: Type.String({ description: 'What happened, for people, in one line' }),
  },
  { $id: 'Error', description: 'Why a request was refused' },
)
