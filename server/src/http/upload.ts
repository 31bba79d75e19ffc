import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ExchangeError } from '../errors.ts'
import type { Upload } from '../exchange/upload.ts'
import { beginBody, declaredLength, wholeBody } from './body.ts'

/** What is never a small JSON text stays on the wire: the routes read it, or refuse it unread. */
export function leaveBodiesAlone(app: FastifyInstance): void {
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.addHook('preParsing', async (request) => {
    if (mediaType(request) === 'application/json') beginBody(request.raw)
  })
}

/**
 * The body of the request as one file, of the type that the route's schema `consumes`. Throws `unsupported` for other types and any encoding,
 * `invalid` for a malformed digest. The source throws `invalid` when what arrives is no gzip, or not all of it.
 */
export function rawUpload(request: FastifyRequest): Upload {
  const type = request.routeOptions.schema?.consumes?.[0] ?? 'application/gzip'
  if (mediaType(request) !== type) {
    throw new ExchangeError('content_type_wrong', { content_type: type })
  }
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') {
    throw new ExchangeError('encoding_unknown')
  }
  const size = declaredLength(request.raw)
  const sha256 = declaredDigest(request)
  const body = wholeBody(request.raw)
  return {
    source: type === 'application/gzip' ? gzipOnly(body) : body,
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && { sha256 }),
  }
}

/** The media type without its parameters, in lower case; empty where there is none. */
export function mediaType(request: FastifyRequest): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** The sha-256 of `Repr-Digest` or `Content-Digest` (RFC 9530) as lower-case hex; other algorithms are ignored. */
function declaredDigest(request: FastifyRequest): string | undefined {
  const digests = new Set<string>()
  for (const name of ['repr-digest', 'content-digest']) {
    for (const entry of String(request.headers[name] ?? '').split(',')) {
      const [algorithm, value = ''] = entry.trim().split(/=(.*)/s, 2)
      if (algorithm?.toLowerCase() === 'sha-256') digests.add(digestFrom(value, name))
    }
  }
  if (digests.size <= 1) return [...digests][0]
  throw new ExchangeError('digests_contradictory')
}

function digestFrom(value: string, header: string): string {
  const base64 = /^:([A-Za-z0-9+/]{43}=):(?:;.*)?$/.exec(value.trim())?.[1]
  if (base64 !== undefined) return Buffer.from(base64, 'base64').toString('hex')
  throw new ExchangeError('digest_malformed', { header })
}

/** Passes the bytes on, once the first two are seen to be those of gzip. An empty body is not judged here. */
async function* gzipOnly(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  let head: Buffer | null = Buffer.alloc(0)
  for await (const chunk of body) {
    if (head === null) {
      yield chunk
      continue
    }
    head = Buffer.concat([head, chunk])
    if (head.length < 2) continue
    checkGzip(head)
    yield head
    head = null
  }
  if (head !== null && head.length > 0) checkGzip(head)
}

function checkGzip(head: Buffer): void {
  if (head[0] === 0x1f && head[1] === 0x8b) return
  throw new ExchangeError('file_no_gzip')
}
