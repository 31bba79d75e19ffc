import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Download, reprDigest, sendFile } from '../download.ts'

/**
 * By `X-NBExchange-Accept: link` a client says that it asks the storage itself, if told to, without its credentials, and
 * compares the digest. Nobody else is ever redirected: most clients would hand their cookies to the other host.
 */
const HEADER = 'x-nbexchange-accept'

/** Answers with the file, or with the URL of the storage where client and operator both want that. */
export async function sendFileOrLink(
  request: FastifyRequest,
  reply: FastifyReply,
  file: Download & { link(): Promise<string | null> },
): Promise<FastifyReply> {
  const link = request.method === 'GET' && request.headers[HEADER] === 'link' ? await file.link() : null
  if (link === null) return sendFile(request, reply, file)
  return reply
    .code(303)
    .headers({
      location: link,
      'repr-digest': reprDigest(file.stored.sha256),
      'cache-control': 'no-store',
    })
    .send()
}
