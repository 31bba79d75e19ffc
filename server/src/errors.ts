/**
 * The one error that the service throws on purpose. Anything else that reaches the HTTP room is a defect
 * of ours and is answered as `500` without its text.
 */

/** Every code that a client can meet. `http/errors.ts` holds the one table from here to HTTP statuses. */
export const ERROR_CODES = [
  /** The request is malformed: a name, a time, a parameter or a body that cannot be what was meant. */
  'invalid',
  /** The bytes that arrived are not the bytes whose digest or length was declared; nothing was stored. */
  'digest_mismatch',
  /** Nobody is signed in. */
  'unauthenticated',
  /** Somebody is signed in who may not do this in this course. */
  'forbidden',
  /** The thing does not exist, or not for this user. */
  'not_found',
  /** It exists already with other content, or the state does not allow it. */
  'conflict',
  /** The body is larger than the limit. */
  'too_large',
  /** The body is of a kind that this endpoint does not take. */
  'unsupported',
  /** The disk is full. */
  'storage_full',
  /** Something the service depends on (database, storage, identity provider) does not answer; try again. */
  'unavailable',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** An expected failure: `code` for machines, `message` for people (one line: what, which, what to do now). */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
