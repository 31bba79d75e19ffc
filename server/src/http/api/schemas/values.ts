import { type Static, type TSchema, Type } from 'typebox'

/** What the shapes on the wire are made of. */

/**
 * A schema that has a name (`$id`), as a reference to it: the name is what generated clients call the type. The description
 * is that of a response; that of the schema where it is absent.
 */
export function ref<T extends TSchema>(schema: T, description?: string) {
  const { $id } = schema as { $id?: string }
  return Type.Unsafe<Static<T>>({ $ref: `${$id}#`, ...(description && { description }) })
}

/** A value of one JSON type, or null. */
export function nullable<T extends TSchema>(schema: T) {
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [(schema as { type?: string }).type, 'null'] })
}

export const Instant = Type.String({
  format: 'date-time',
  description: 'RFC 3339, in UTC, with six digits of a second',
  examples: ['2026-01-31T13:45:00.000000Z'],
})

export const Label = Type.String({
  description:
    'The time that ties feedback to a submission, and the name of its folder in nbgrader: `YYYY-MM-DD HH:MM:SS.ffffff UTC`. Made by the server; an old client wrote its own clock into it',
  examples: ['2026-01-31 13:45:00.000000 UTC'],
})

/** A time that a client sends; `exchange/timestamps.ts` reads it. */
export function timeOf(description: string) {
  return Type.String({
    description: `${description}. RFC 3339, or as in a label; without a zone it is UTC`,
    examples: ['2026-01-31T13:45:00Z'],
  })
}

export const CourseCode = Type.String({ description: 'The code of the course', examples: ['bio101'] })
export const AssignmentCode = Type.String({ description: 'The code of the assignment', examples: ['ps1'] })
export const UserName = Type.String({ description: 'The name of the user', examples: ['ada'] })
export const NotebookName = Type.String({
  description: 'The name of the notebook, without extension',
  examples: ['problem1'],
})
export const Notebooks = Type.Array(Type.String(), {
  description: 'The names of the notebooks, without extension, as the client gave them',
  examples: [['problem1']],
})
export const NotebookQuery = Type.Array(Type.String(), {
  default: [],
  description: 'The names of the notebooks in it, without extension; given once for each',
  examples: [['problem1']],
})
const UUID = 'c63ae8c5-8a31-413c-9e42-44808854204d'
export const Uuid = Type.String({ format: 'uuid', examples: [UUID] })
export const SubmissionId = Type.String({ description: 'The id of the receipt', examples: [UUID] })
export const EXAMPLE_SHA256 = '971ca095e5fec93e164005ba650abc6b88134457723b63bcf48dfdac4ffaa349'
export const Digest = Type.String({
  description: 'SHA-256 of the file: 64 lower-case hex digits',
  examples: [EXAMPLE_SHA256],
})
export const Bytes = Type.Integer({
  minimum: 0,
  description: 'The size of the file in bytes',
  examples: [152],
})
export const Role = Type.String({ examples: ['Student'] })

export const DONE = Type.Null({ description: 'Done' })
