import type { IncomingHttpHeaders } from 'node:http'

/** Both ends inclusive, in bytes. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * The one range that the headers ask for; undefined for the whole file, which is also the answer to several ranges,
 * to what is no range, and to an `If-Range` that names another file.
 */
export function applyRange(
  headers: IncomingHttpHeaders,
  file: { etag: string; size: number },
): ByteRange | undefined | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range?.trim() ?? '')
  const condition = headers['if-range']
  if (!match || (condition !== undefined && condition !== file.etag)) return undefined
  const [, first, last] = match
  if (!first && !last) return undefined
  const start = first ? Number(first) : Math.max(0, file.size - Number(last))
  const end = first && last ? Math.min(Number(last), file.size - 1) : file.size - 1
  if (first && last && Number(last) < start) return undefined
  return start > end ? 'unsatisfiable' : { start, end }
}
