import { Type } from 'typebox'

export const ErrorBody = Type.Object(
  {
    code: Type.String({ description: 'for machines' }),
    message: Type.String({ description: 'for people, one line' }),
  },
  { $id: 'Error' },
)

/** The refusals that any route can give, for the documentation. */
export const refusals = { '4xx': ErrorBody, '5xx': ErrorBody }
