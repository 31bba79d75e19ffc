import type { ErrorCode as Code } from '../../errors.ts'
import { STATUS } from '../errors.ts'

type ErrorCode = Code | 'internal'

/** What a client is told by a code, and an example of what a person is told. */
const MEANING: Readonly<Record<ErrorCode, { description: string; message: string }>> = {
  invalid: {
    description: 'The request is malformed',
    message: 'A name in the address is too long or contains a control character.',
  },
  digest_mismatch: {
    description: 'Other bytes arrived than were announced; nothing was stored. Send them again',
    message: 'The file was damaged on its way: 140 bytes arrived, 152 were declared. Send it again.',
  },
  unauthenticated: {
    description: 'Nobody is signed in',
    message: 'Nobody is signed in: sign in again and repeat this.',
  },
  forbidden: {
    description: 'Not in this course, or not with this role. A course that does not exist answers the same',
    message: 'You are not an instructor of course bio101.',
  },
  not_found: {
    description: 'It does not exist, or not for this user',
    message: 'Course bio101 has no assignment ps1.',
  },
  conflict: {
    description: 'It exists with other content, or its state does not allow this',
    message: 'Assignment ps1 is released already; use --force to release a new version.',
  },
  too_large: {
    description: 'The body is larger than the limit',
    message: 'The file is larger than the limit of 5242880 bytes.',
  },
  unsupported: {
    description: 'The body is of another kind than this request takes',
    message: 'Send the file as it is, with Content-Type: application/gzip.',
  },
  storage_full: {
    description: 'The disk of the service is full; nothing was stored. Reading goes on',
    message: 'The storage is full; tell the operator.',
  },
  unavailable: {
    description: 'Something that the service needs does not answer. Send the same again after `Retry-After`',
    message: 'The sign-in does not answer at the moment; try again soon.',
  },
  internal: {
    description: 'A defect of the service',
    message: 'Something went wrong here; it has been logged as request 0b3c1d6e-6f0e-4b40-9d3c-2f7d0f6f9d1e.',
  },
}

/** What may come from every route: from the sign-in, from a name in the address, or from a defect. */
const ANYWHERE: readonly ErrorCode[] = ['invalid', 'unauthenticated', 'forbidden', 'unavailable', 'internal']

/** What an upload may be refused for, beside what its route says. */
export const UPLOAD_REFUSALS: readonly ErrorCode[] = [
  'digest_mismatch',
  'too_large',
  'unsupported',
  'storage_full',
]

const HEADERS: Readonly<Partial<Record<ErrorCode, object>>> = {
  unauthenticated: {
    'WWW-Authenticate': {
      description: 'The scheme of `Authorization`',
      schema: { type: 'string', const: 'Bearer' },
    },
  },
  unavailable: {
    'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer', minimum: 0, examples: [5] } },
  },
}

const REQUEST_ID = {
  'X-Request-Id': {
    description: 'The id under which the log has the request',
    schema: { type: 'string', format: 'uuid' },
  },
}

interface Operation {
  responses: Record<string, object>
  'x-refusals'?: readonly ErrorCode[]
}

/** Gives an operation the refusals that it lists and those of every route; answers them under the names by which it refers to them. */
export function describeRefusals(operation: Operation): Record<string, object> {
  const { 'x-refusals': listed = [] } = operation
  delete operation['x-refusals']
  const byStatus = Map.groupBy(new Set([...ANYWHERE, ...listed]), (code) => STATUS[code])
  const named: Record<string, object> = {}
  for (const [status, codes] of byStatus) {
    const name = codes.map(inPascalCase).join('Or')
    operation.responses[status] = { $ref: `#/components/responses/${name}` }
    named[name] = refusal(codes)
  }
  return named
}

function refusal(codes: readonly ErrorCode[]): object {
  const examples = codes.map((code) => [code, { value: { code, message: MEANING[code].message } }])
  return {
    description: codes.map((code) => `\`${code}\`: ${MEANING[code].description}.`).join(' '),
    headers: Object.assign({}, REQUEST_ID, ...codes.map((code) => HEADERS[code])),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        examples: Object.fromEntries(examples),
      },
    },
  }
}

function inPascalCase(code: string): string {
  return code.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
}

declare module 'fastify' {
  interface FastifySchema {
    /** The codes with which the route may refuse, beside those of every route. For the description alone. */
    'x-refusals'?: readonly ErrorCode[]
  }
}
