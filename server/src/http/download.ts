import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A stored file on its way out. */
export interface Download {
  /** The bytes. Called at most once, and never for HEAD or 304. */
  open(): Promise<Readable>
  /** Throws where the file is gone or has another size. Called for HEAD and 304, which send no bytes. */
  confirm(): Promise<void>
  stored: { size: number; sha256: string }
  contentType: string
  /** The name under which a browser saves it; HTML is saved and never shown, also without one. */
  filename?: string
}

/**
 * Answers with the file, or 304. A range is ignored: part of a file cannot be checked. A stream that fails midway ends in a
 * destroyed connection, so that no client takes a part for the whole.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: Download,
): Promise<FastifyReply> {
  const { size, sha256 } = file.stored
  const etag = `"${sha256}"`
  if (matches(request.headers['if-none-match'], etag)) {
    await file.confirm()
    return reply.code(304).headers({ etag, 'cache-control': 'private, no-cache' }).send()
  }
  const stream = request.method === 'HEAD' ? await nothing(file) : await file.open()
  stream.once('error', (error) => {
    // Where the client is gone there is nothing to tell of the file.
    if (!request.raw.socket.destroyed) request.log.error({ err: error }, 'a stored file broke off')
  })
  return reply
    .headers({
      etag,
      'repr-digest': reprDigest(sha256),
      'content-type': file.contentType,
      'content-length': size,
      'accept-ranges': 'none',
      'cache-control': 'private, no-cache',
      ...presentation(file),
    })
    .send(stream)
}

async function nothing(file: Download): Promise<Readable> {
  await file.confirm()
  return Readable.from([])
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
