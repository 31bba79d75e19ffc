import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ExchangeError } from '../errors.ts'
import type { ErrorCode, Reason } from '../reasons.ts'

/** The one table from codes to statuses. */
export const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  digest_mismatch: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported: 415,
  too_many_requests: 429,
  storage_full: 507,
  unavailable: 503,
  internal: 500,
}

/** Reasons for which HTTP has a status of its own. */
export const STATUS_OF_REASON: Readonly<Partial<Record<Reason, number>>> = {
  call_never_there: 501,
  headers_too_large: 431,
  headers_too_slow: 408,
  method_wrong: 405,
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

/** What the old service answered otherwise than the rest of its code, or refused before it looked at the call. */
const LEGACY_STATUS_OF_REASON: Readonly<Partial<Record<Reason, number>>> = {
  ...STATUS_OF_REASON,
  action_unknown: 200,
  file_absent: 412,
  file_empty: 200,
  foreign_page: 403,
  identity_incomplete: 403,
  no_address: 404,
  no_course: 403,
  no_such_course: 404,
  parameter_missing: 200,
  scope_missing: 403,
}

/** What the framework throws before or beside our own code, in our words. */
const FOREIGN: Readonly<Record<string, (options: { cause: unknown }) => ExchangeError>> = {
  FST_ERR_BAD_URL: (options) => new ExchangeError('address_malformed', {}, options),
  FST_ERR_MAX_PARAM_LENGTH: (options) => new ExchangeError('address_unreadable', {}, options),
  FST_ERR_CTP_EMPTY_JSON_BODY: (options) => new ExchangeError('body_empty', {}, options),
  FST_ERR_CTP_INVALID_JSON_BODY: (options) => new ExchangeError('body_no_json', {}, options),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: (options) => new ExchangeError('body_length_wrong', {}, options),
  FST_ERR_CTP_BODY_TOO_LARGE: (options) => new ExchangeError('body_too_large', {}, options),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (options) => new ExchangeError('body_kind_unknown', {}, options),
}

/** Seconds to wait where nobody knows better. */
const RETRY_AFTER = 5

/** The reply says that a check of readiness failed; its body is the report itself. */
export function markUnavailable(reply: FastifyReply): void {
  reply.code(STATUS.unavailable).header('retry-after', RETRY_AFTER)
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
  'accept-ranges',
]

/** Error handler of the API, and of everything that is no face: `{code, reason, params, message}` with the true status. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  reply.send(refusal(error, request, reply))
}

/** Sets status and headers of a refusal; answers its body. */
export function refusal(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const known = inOurWords(error, request)
  report(error, known, request)
  reply.code(STATUS_OF_REASON[known.reason] ?? STATUS[known.code])
  addHints(reply, known)
  return errorBody(known)
}

/**
 * Error handler of the legacy face: `{success: false, note}`, what the API says, and what the route's `config.refusal`
 * adds (`{value: []}` on lists).
 */
export function sendLegacyError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = inOurWords(error, request)
  const { notFound, refusal } = request.routeOptions.config
  report(error, known, request)
  reply.code((known.code === 'not_found' && notFound) || legacyStatus(known))
  addHints(reply, known)
  reply.send({ success: false, note: known.message, ...errorBody(known), ...refusal })
}

function legacyStatus({ code, reason }: ExchangeError): number {
  return LEGACY_STATUS_OF_REASON[reason] ?? LEGACY_STATUS[code]
}

/** What every refusal says, on both faces. */
export function errorBody({ code, message, params, reason }: ExchangeError) {
  return { code, reason, params, message }
}

/** Our own error, or one of the framework's in our words, or else a defect. */
function inOurWords(error: unknown, request: FastifyRequest): ExchangeError {
  if (error instanceof ExchangeError) return error
  const { code, message: detail = '', statusCode, validation } = error as Partial<FastifyError>
  const foreign = FOREIGN[code ?? '']
  if (foreign) return foreign({ cause: error })
  if (validation) return ruleBroken(error as FastifyError)
  const isClients = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
  return isClients
    ? new ExchangeError('request_malformed', { detail }, { cause: error })
    : new ExchangeError('defect', { request: request.id }, { cause: error })
}

/** The first rule of the route's schema that the request breaks. */
function ruleBroken(error: FastifyError): ExchangeError {
  const { instancePath = '', keyword: rule = '', params = {} } = error.validation?.[0] ?? {}
  const where = `${error.validationContext ?? ''}${instancePath}`
  const wanted = Object.values(params).flat().join(' ')
  return new ExchangeError('rule_broken', { where, rule, wanted }, { cause: error })
}

/** A defect is logged whole, an outage with its cause, and a client that went away is nobody's error. */
function report(error: unknown, { code, message, reason }: ExchangeError, request: FastifyRequest): void {
  if (code === 'unavailable' || code === 'storage_full') {
    request.log.warn({ err: error, code, reason }, message)
  } else if (code === 'internal' && request.raw.socket.destroyed) {
    request.log.info({ err: error }, 'client went away')
  } else if (code === 'internal') {
    request.log.error({ err: error }, 'defect')
  }
}

/** Answers what is no HTTP, in the shape of both faces, and closes the connection. */
export function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (socket.destroyed || error.code === 'ECONNRESET') return
  const refusal = unparsed(error.code)
  const status = STATUS_OF_REASON[refusal.reason] ?? STATUS[refusal.code]
  const body = JSON.stringify({ ...errorBody(refusal), success: false, note: refusal.message })
  const headers = `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}`
  const start = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\nConnection: close`
  if (socket.writable) socket.write(`${start}\r\n\r\n${body}`)
  socket.destroy()
}

/** What the HTTP parser says before there is a request. */
function unparsed(code: string | undefined): ExchangeError {
  if (code === 'HPE_HEADER_OVERFLOW') return new ExchangeError('headers_too_large')
  return new ExchangeError(code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'headers_too_slow' : 'http_malformed')
}

function addHints(reply: FastifyReply, { code, retryAfter = RETRY_AFTER }: ExchangeError): void {
  for (const name of FILE_HEADERS) {
    reply.removeHeader(name)
    if (!reply.raw.headersSent) reply.raw.removeHeader(name)
  }
  reply.headers({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' })
  if (code === 'unavailable' || code === 'too_many_requests') {
    reply.header('retry-after', Math.max(1, Math.ceil(retryAfter)))
  }
  if (reply.statusCode === STATUS.unauthenticated) reply.header('www-authenticate', 'Bearer')
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The status with which this legacy route answers for what does not exist, instead of a refusal. */
    notFound?: 404
    /** What a refusal of this legacy route carries beside what all carry. */
    refusal?: Record<string, unknown>
  }
}
