import { ExchangeError } from '../../errors.ts'
import type { ErrorCode } from '../../reasons.ts'
import { errorBody, STATUS } from '../errors.ts'

/** What a client is told by a code, and an example of what is answered. */
const MEANING: Readonly<Record<ErrorCode, { description: string; example: ExchangeError }>> = {
  invalid: {
    description: 'The request is malformed',
    example: new ExchangeError('address_unreadable'),
  },
  digest_mismatch: {
    description: 'Other bytes arrived than were announced; nothing was stored. Send them again',
    example: new ExchangeError('file_shorter_than_declared', { size: 140, declared_size: 152 }),
  },
  unauthenticated: {
    description: 'Nobody is signed in',
    example: new ExchangeError('not_signed_in'),
  },
  forbidden: {
    description: 'Not in this course, or not with this role. A course that does not exist answers the same',
    example: new ExchangeError('not_instructor', { course: 'bio101' }),
  },
  not_found: {
    description: 'It does not exist, or not for this user',
    example: new ExchangeError('no_assignment', { course: 'bio101', assignment: 'ps1' }),
  },
  conflict: {
    description: 'It exists with other content, or its state does not allow this',
    example: new ExchangeError('already_released', { course: 'bio101', assignment: 'ps1' }),
  },
  too_large: {
    description: 'The body is larger than the limit',
    example: new ExchangeError('file_too_large', { limit: 5_242_880 }),
  },
  unsupported: {
    description: 'The body is of another kind than this request takes',
    example: new ExchangeError('content_type_wrong', { content_type: 'application/gzip' }),
  },
  too_many_requests: {
    description: 'One person asks too much at once. Send the same again after `Retry-After`',
    example: new ExchangeError('rate_exceeded', { seconds: 5 }),
  },
  storage_full: {
    description: 'The disk of the service is full; nothing was stored. Reading goes on',
    example: new ExchangeError('storage_full'),
  },
  unavailable: {
    description: 'Something that the service needs does not answer. Send the same again after `Retry-After`',
    example: new ExchangeError('sign_in_unavailable'),
  },
  internal: {
    description: 'A defect of the service',
    example: new ExchangeError('defect', { request: '0b3c1d6e-6f0e-4b40-9d3c-2f7d0f6f9d1e' }),
  },
}

/** What may come from every route: from an address, from what is behind the service, or from a defect. */
const ANYWHERE: readonly ErrorCode[] = ['invalid', 'unavailable', 'internal']

/** What the sign-in may say, beside that. */
const SIGNED_IN: readonly ErrorCode[] = ['unauthenticated', 'forbidden']

/** What an upload may be refused for, beside what its route says. */
export const UPLOAD_REFUSALS: readonly ErrorCode[] = [
  'digest_mismatch',
  'too_large',
  'unsupported',
  'storage_full',
]

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer', minimum: 0, examples: [5] } },
}

const HEADERS: Readonly<Partial<Record<ErrorCode, object>>> = {
  unauthenticated: {
    'WWW-Authenticate': {
      description: 'The scheme of `Authorization`',
      schema: { type: 'string', const: 'Bearer' },
    },
  },
  too_many_requests: RETRY_AFTER,
  unavailable: RETRY_AFTER,
}

const REQUEST_ID = {
  'X-Request-Id': {
    description: 'The id under which the log has the request',
    schema: { type: 'string', format: 'uuid' },
  },
}

/** An operation of the description, before and after its refusals are described. */
export interface RefusedOperation {
  responses: Record<string, object>
  /** Empty where nobody needs to sign in. */
  security?: readonly object[]
  'x-refusals'?: readonly ErrorCode[]
}

/** Gives an operation the refusals that it lists and those of every route; answers them under the names by which it refers to them. */
export function describeRefusals(operation: RefusedOperation): Record<string, object> {
  const { security, 'x-refusals': listed = [] } = operation
  const signIn = security?.length === 0 ? [] : SIGNED_IN
  delete operation['x-refusals']
  const byStatus = Map.groupBy(new Set([...ANYWHERE, ...signIn, ...listed]), (code) => STATUS[code])
  const named: Record<string, object> = {}
  for (const [status, codes] of byStatus) {
    const name = codes.map(inPascalCase).join('Or')
    operation.responses[status] = { $ref: `#/components/responses/${name}` }
    named[name] = refusal(codes)
  }
  return named
}

function refusal(codes: readonly ErrorCode[]): object {
  const examples = codes.map((code) => [code, { value: errorBody(MEANING[code].example) }])
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
