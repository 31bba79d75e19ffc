import { Type } from 'typebox'
import { reprDigest } from '../../download.ts'
import { EXAMPLE_SHA256 } from './values.ts'

/** How files go up and come down, in the words of the description. The routes read and write these headers themselves. */

const Binary = Type.String({ format: 'binary', description: 'The bytes of the file' })

const ReprDigest = Type.String({
  description: 'SHA-256 of the whole file, in base64 (RFC 9530)',
  examples: [reprDigest(EXAMPLE_SHA256)],
})

const Etag = Type.String({
  description: 'SHA-256 of the file, in hex, in quotes',
  examples: [`"${EXAMPLE_SHA256}"`],
})

/** Headers of an upload. */
export const UploadHeaders = Type.Object({
  'Repr-Digest': Type.Optional({
    ...ReprDigest,
    description:
      'SHA-256 of the file, in base64 (RFC 9530); with it nothing but these bytes is ever stored. `Content-Digest` is taken, too',
  }),
})

/** Headers of an upload that makes something new each time. */
export const CreatingUploadHeaders = Type.Object({
  ...UploadHeaders.properties,
  'Idempotency-Key': Type.Optional(
    Type.String({
      description:
        '1 to 200 visible ASCII characters, new for each upload. Sent again with the same key and file, a request changes nothing and is answered as the first one was, with 200',
      examples: ['7d0f0c1e-9d8e-4a41-9f1c-7a5f0f3d2a11'],
    }),
  ),
})

/** Headers of a download. */
export const DownloadHeaders = Type.Object({
  'If-None-Match': Type.Optional({ ...Etag, description: '`ETag` of the copy that the client has' }),
})

/** Headers of a download that the storage may serve itself. */
export const LinkableDownloadHeaders = Type.Object({
  ...DownloadHeaders.properties,
  'X-NBExchange-Accept': Type.Optional(
    Type.String({
      description:
        '`link`: the client follows a 303 to the storage, without its credentials, and compares `Repr-Digest`',
      examples: ['link'],
    }),
  ),
})

const NotModified = {
  description: 'The copy that `If-None-Match` names is the file',
  type: 'null',
  headers: { ETag: Etag },
}

const StorageLink = {
  description:
    'Where the storage serves the file; only where `X-NBExchange-Accept` and the operator allow it',
  type: 'null',
  headers: {
    Location: Type.String({ format: 'uri', description: 'Good for a short while; needs no credentials' }),
    'Repr-Digest': ReprDigest,
  },
}

/** What 200 says instead of 201. */
export const FIRST_ANSWER =
  'The answer to an earlier request with the same `Idempotency-Key`; nothing changed'

/** The answers to a download of this kind. */
export function download(mediaType: string) {
  const file = {
    description: 'The file, whole. Where the stored bytes are damaged the connection breaks before their end',
    headers: {
      'Content-Length': Type.Integer({ minimum: 0, description: 'The size of the file in bytes' }),
      'Content-Disposition': Type.String({ examples: ['attachment; filename="ps1.tar.gz"'] }),
      'Repr-Digest': ReprDigest,
      ETag: Etag,
    },
    content: { [mediaType]: { schema: Binary } },
  }
  return { 200: file, 304: NotModified }
}

/** The same, where the storage may serve it itself. */
export function linkableDownload(mediaType: string) {
  return { ...download(mediaType), 303: StorageLink }
}

/** The body of a request, for the description alone: the routes read it themselves. Undefined for JSON. */
export function rawBody(mediaType: string | undefined) {
  if (mediaType === undefined || mediaType === 'application/json') return undefined
  return mediaType === 'multipart/form-data'
    ? { type: 'object', additionalProperties: Binary }
    : { ...Binary }
}
