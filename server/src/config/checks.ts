import { isIP } from 'node:net'
import { parseDatabaseUrl } from './database-url.ts'

/** Checks beyond the type. Each answers what is wrong, to be read after the name of the setting. */

export function databaseUrlComplaint(text: string): string | undefined {
  const parsed = parseDatabaseUrl(text, '/')
  return 'complaint' in parsed ? parsed.complaint : undefined
}

export function pathComplaint(path: string): string | undefined {
  if (path.includes('\0')) return 'must not contain a NUL character'
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return 'must be the path of a folder, not a URL'
  return undefined
}

/** For the path that routes hang under: printable characters that a URL shows as they are. */
export function webPathComplaint(path: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return 'must be a path only, such as /services/nbexchange/'
  const segments = path
    .split('/')
    .filter((segment, at, all) => segment !== '' || (at > 0 && at < all.length - 1))
  const wrong = segments.find((segment) => !/^[A-Za-z0-9._~-]+$/.test(segment) || /^\.+$/.test(segment))
  if (wrong === undefined || path === '/') return undefined
  return 'must be a path of letters, digits and . _ ~ - between single slashes'
}

export function cidrComplaint(text: string): string | undefined {
  const [address = '', prefix, more] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  const fits = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)
  if (bits > 0 && fits && more === undefined) return undefined
  return 'must hold addresses or networks such as 10.0.0.7, 10.0.0.0/8 or ::1'
}

export function timezoneComplaint(name: string): string | undefined {
  try {
    Intl.DateTimeFormat('en', { timeZone: name })
    return undefined
  } catch (error) {
    if (error instanceof RangeError) return 'must be an IANA time zone such as UTC or Europe/London'
    throw error
  }
}

/** For names as every S3 server takes them. */
export function bucketComplaint(name: string): string | undefined {
  if (name === '' || /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) return undefined
  return 'must be the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens'
}

/** For what stands before the names of objects. */
export function prefixComplaint(prefix: string): string | undefined {
  if (/^([\w.-]+\/)*([\w.-]+)?$/.test(prefix) && !/(^|\/)\.{1,2}(\/|$)/.test(prefix)) return undefined
  return 'must be words of letters, digits and . _ - with single slashes between, and none at the start'
}

/** For an address that people open: a path is welcome, what belongs to a single request is not. */
export function publicUrlComplaint(text: string): string | undefined {
  const url = URL.parse(text)
  const isPlain = url && !/[?#]/.test(text) && !url.username && !url.password
  if (isPlain && /^https?:\/\//i.test(text)) return undefined
  return 'must be http:// or https://, a host and maybe a port and a path, and nothing else'
}

/** For the URL of a server, without a path: clients would put it before the bucket and sign something else. */
export function endpointComplaint(text: string): string | undefined {
  if (text === '') return undefined
  const url = URL.parse(text)
  const isPlain = url && url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password
  if (isPlain && ['http:', 'https:'].includes(url.protocol)) return undefined
  return 'must be http:// or https://, a host and maybe a port, and nothing else'
}
