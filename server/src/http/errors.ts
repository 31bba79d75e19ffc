import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, ExchangeError } from '../errors.ts'

/** The one table from codes to statuses. */
export const STATUS: Readonly<Record<ErrorCode | 'internal', number>> = {
  invalid: 400,
  digest_mismatch: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported: 415,
  storage_full: 507,
  unavailable: 503,
  internal: 500,
}

/** Statuses of the old wire format: what its clients call a refusal is a 200 with `success: false`. */
const LEGACY_STATUS: Readonly<Record<ErrorCode, number>> = {
  ...STATUS,
  unauthenticated: 403,
  forbidden: 200,
  not_found: 200,
  conflict: 200,
  too_large: 400,
  unsupported: 400,
}

const LEGACY_ANSWER = { refused: 200, not_found: 404, no_file: 412, not_implemented: 501 } as const

/** What the framework throws before or beside our own code, in our words. */
const FOREIGN: Readonly<Record<string, [ErrorCode, string]>> = {
  FST_ERR_VALIDATION: ['invalid', ''],
  FST_ERR_BAD_URL: ['invalid', 'The address is malformed: check its percent escapes.'],
  FST_ERR_MAX_PARAM_LENGTH: ['invalid', 'A name in the address is too long.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid', 'The body is empty; JSON was announced.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid', 'The body is not as long as was announced.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['too_large', 'The body is too large for this request.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported', 'This kind of body is not taken here.'],
}

/** The reply says that a check of readiness failed; its body is the report itself. */
export function markUnavailable(reply: FastifyReply): void {
  reply.code(STATUS.unavailable).header('retry-after', '5')
}

/** Headers that describe a file and must not stay on the error that is answered in its place. */
const FILE_HEADERS = [
  'content-type',
  'content-length',
  'content-security-policy',
  'etag',
  'repr-digest',
  'content-disposition',
  'content-encoding',
  'content-range',
  'accept-ranges',
]

/** A refusal before anything of the request was looked at; both faces answer it with its true status. */
export class EarlyRefusal extends ExchangeError {}

/** A refusal of the old wire format for which its clients expect a status of its own. */
export class LegacyRefusal extends Error {
  override readonly name = 'LegacyRefusal'
  readonly answer: keyof typeof LEGACY_ANSWER

  constructor(answer: keyof typeof LEGACY_ANSWER, note: string) {
    super(note)
    this.answer = answer
  }
}

/** Error handler of the API, and of everything that is no face: `{code, message}` with the true status. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = explained(error)
  report(error, known, request)
  reply.code(known ? STATUS[known.code] : 500)
  addHints(reply, known)
  // Where the address is malformed no hook has run that could name the request.
  reply.header('x-request-id', request.id)
  reply.send(known ? { code: known.code, message: known.message } : defect(request))
}

/**
 * Error handler of the legacy face: `{success: false, note, code}`, and what the route's `config.refusal` adds
 * (`{value: []}` on lists).
 */
export function sendLegacyError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = error instanceof LegacyRefusal ? null : explained(error)
  if (!(error instanceof LegacyRefusal)) report(error, known, request)
  const note = known?.message ?? (error instanceof LegacyRefusal ? error.message : defect(request).message)
  const code = known?.code ?? (error instanceof LegacyRefusal ? error.answer : 'internal')
  reply.code(legacyStatus(error))
  addHints(reply, known)
  reply.send({ success: false, note, code, ...request.routeOptions.config.refusal })
}

/** The status with which the legacy face answers `error`, whatever that is. */
export function legacyStatus(error: unknown): number {
  if (error instanceof LegacyRefusal) return LEGACY_ANSWER[error.answer]
  const known = explained(error)
  if (!known) return 500
  const early = known instanceof EarlyRefusal && known.code !== 'unauthenticated'
  return (early ? STATUS : LEGACY_STATUS)[known.code]
}

/** Our own error, or one of the framework's in our words; null for a defect. */
function explained(error: unknown): ExchangeError | null {
  if (error instanceof ExchangeError) return error
  const { code, message, statusCode } = error as Partial<FastifyError>
  const [ours, words] = FOREIGN[code ?? ''] ?? (isClientError(statusCode) ? (['invalid', ''] as const) : [])
  return ours ? new ExchangeError(ours, words || `${message}.`, { cause: error }) : null
}

function isClientError(status: unknown): boolean {
  return typeof status === 'number' && status >= 400 && status < 500
}

/** A defect is logged whole, an outage with its cause, and a client that went away is nobody's error. */
function report(error: unknown, known: ExchangeError | null, request: FastifyRequest): void {
  if (known?.code === 'unavailable' || known?.code === 'storage_full') {
    request.log.warn({ err: error, code: known.code }, known.message)
  } else if (!known && request.raw.socket.destroyed) {
    request.log.info({ err: error }, 'client went away')
  } else if (!known) {
    request.log.error({ err: error }, 'defect')
  }
}

/** What the HTTP parser says before there is a request: status, and words for people. */
const MALFORMED: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The address and headers are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The headers did not come in time.'],
}

/** Answers what is no HTTP, in the shape of both faces, and closes the connection. */
export function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (socket.destroyed || error.code === 'ECONNRESET') return
  const [status, message] = MALFORMED[error.code ?? ''] ?? ['400 Bad Request', 'This is not HTTP.']
  const body = JSON.stringify({ code: 'invalid', message, success: false, note: message })
  const headers = `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}`
  if (socket.writable) socket.write(`HTTP/1.1 ${status}\r\n${headers}\r\nConnection: close\r\n\r\n${body}`)
  socket.destroy()
}

function defect(request: FastifyRequest): { code: string; message: string } {
  return {
    code: 'internal',
    message: `Something went wrong here; it has been logged as request ${request.id}.`,
  }
}

function addHints(reply: FastifyReply, error: ExchangeError | null): void {
  for (const name of FILE_HEADERS) {
    reply.removeHeader(name)
    if (!reply.raw.headersSent) reply.raw.removeHeader(name)
  }
  reply.headers({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' })
  if (error?.code === 'unavailable') reply.header('retry-after', '5')
  if (reply.statusCode === STATUS.unauthenticated) reply.header('www-authenticate', 'Bearer')
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a refusal of this legacy route carries beside `success`, `note` and `code`. */
    refusal?: Record<string, unknown>
  }
}
