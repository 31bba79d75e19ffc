import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ExchangeError } from '../errors.ts'
import { errorBody } from './errors.ts'
import { applyRange, type ByteRange } from './range.ts'

/** A stored file on its way out. */
export interface Download {
  /** The bytes, all or those of the range (both ends inclusive). Called at most once, and never for HEAD or 304. */
  open(range?: ByteRange): Promise<Readable>
  stored: { size: number; sha256: string }
  contentType: string
  /** The name under which a browser saves it; HTML is saved and never shown, also without one. */
  filename?: string
}

/**
 * Answers with the file, a part of it, or 304; the digest is that of the whole file in every case. A stream that
 * fails midway ends in a destroyed connection, so that no client takes a part for the whole.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: Download,
): Promise<FastifyReply> {
  const { size, sha256 } = file.stored
  const etag = `"${sha256}"`
  if (matches(request.headers['if-none-match'], etag)) {
    return reply.code(304).headers({ etag, 'cache-control': 'private, no-cache' }).send()
  }
  const range = applyRange(request.headers, { etag, size })
  if (range === 'unsatisfiable') {
    const refusal = new ExchangeError('range_outside', { size })
    return reply.code(416).header('content-range', `bytes */${size}`).send(errorBody(refusal))
  }
  const stream = request.method === 'HEAD' ? Readable.from([]) : await file.open(range)
  stream.once('error', (error) => {
    // Where the client is gone there is nothing to tell of the file.
    if (!request.raw.socket.destroyed) request.log.error({ err: error }, 'a stored file broke off')
  })
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${size}`)
  return reply
    .headers({
      etag,
      'repr-digest': reprDigest(sha256),
      'content-type': file.contentType,
      'content-length': range ? range.end - range.start + 1 : size,
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-cache',
      ...presentation(file),
    })
    .send(stream)
}

/** RFC 9530, from lower-case hex. */
export function reprDigest(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`
}

function presentation(file: Download): Record<string, string> {
  const isHtml = file.contentType.startsWith('text/html')
  const isAttachment = isHtml || file.filename !== undefined
  return {
    ...(isAttachment && { 'content-disposition': attachment(file.filename) }),
    ...(isHtml && { 'content-security-policy': "sandbox; default-src 'none'" }),
  }
}

/** RFC 6266: a harmless ASCII name for old clients, the true one percent-encoded beside it. */
function attachment(filename: string | undefined): string {
  if (filename === undefined) return 'attachment'
  const ascii = filename.replace(/[^A-Za-z0-9 ._-]/g, '_')
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((entry) => ['*', etag].includes(entry.trim().replace(/^W\//, '')))
}
