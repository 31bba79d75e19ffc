import { BY_REASON, type ErrorCode, type Param, type Params, type Reason } from './reasons.ts'

/** Control characters, line separators, bidirectional overrides and lone surrogates: they act on a line, or are no text. */
export const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/u

/** Characters of a param; what comes from outside may be longer. */
const LONGEST_PARAM = 400

interface ErrorOptions {
  cause?: unknown
  /** Seconds after which the same may succeed, where somebody knows: `Retry-After`. */
  retryAfter?: number
}

/** What a reason needs: nothing, where its message names no params. */
type Details<R extends Reason> =
  Params<R> extends Record<string, never>
    ? [params?: Params<R>, options?: ErrorOptions]
    : [params: Params<R>, options?: ErrorOptions]

/**
 * The one error that the service throws on purpose: `code` and `reason` for machines, `params` for translations,
 * `message` for people. Anything else that reaches the HTTP room is a defect of ours and is answered without its text.
 */
export class ExchangeError<R extends Reason = Reason> extends Error {
  override readonly name = 'ExchangeError'
  readonly code: ErrorCode
  readonly reason: R
  readonly params: Record<string, Told>
  readonly retryAfter: number | undefined

  constructor(reason: R, ...[params = {} as Params<R>, { cause, retryAfter } = {}]: Details<R>) {
    const { code, message } = BY_REASON[reason]
    const bounded = boundedParams(params)
    super(filled(message, bounded), cause === undefined ? {} : { cause })
    this.code = code
    this.reason = reason
    this.params = bounded
    this.retryAfter = retryAfter
  }
}

/** A param as it is told: a text, a number, or texts. */
type Told = string | number | string[]

function boundedParams(params: Readonly<Record<string, Param>>): Record<string, Told> {
  const cut = (text: string) => text.slice(0, LONGEST_PARAM)
  const told = (value: Param): Told =>
    typeof value === 'string' ? cut(value) : typeof value === 'number' ? value : value.map(cut)
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, told(value)]))
}

/** The message with its params; nothing in them acts on the line. */
function filled(message: string, params: Record<string, Told>): string {
  const unprintable = new RegExp(UNPRINTABLE, 'gu')
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return message.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    [params[name] ?? ''].flat().join(', ').replace(unprintable, escaped),
  )
}
