import { ExchangeError } from '../errors.ts'

/** The only keys that the service makes: `<org>/<released|submitted|feedback>/<2 hex>/<uuid>`. */
const FILE_KEY =
  /^(0|[1-9]\d{0,15})\/(released|submitted|feedback)\/[0-9a-f]{2}\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether the service made this key. */
export function isFileKey(key: string): boolean {
  return FILE_KEY.test(key)
}

/** Throws `invalid` for a key that the service does not make. */
export function checkFileKey(key: string): void {
  if (!isFileKey(key)) throw invalidKey(key)
}

/** The segments of a driver's key; throws `invalid` where one is empty, `.`, `..` or holds a NUL. */
export function segmentsOf(key: string): string[] {
  const segments = key.split('/')
  const sound = (segment: string) =>
    segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('\0')
  if (!segments.every(sound)) throw invalidKey(key)
  return segments
}

export function invalidKey(key: string): ExchangeError {
  return new ExchangeError('file_key_malformed', { key })
}
