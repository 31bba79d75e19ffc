import { resolve } from 'node:path'

/** How to reach a database server, from its URL. */
export interface ServerUrl {
  /** A name, an address, or the path of the socket (PostgreSQL: of its folder). */
  host: string
  /** undefined: the usual one. */
  port: number | undefined
  database: string
  user: string | undefined
  password: string | undefined
  sslMode: SslMode
  /** Absolute path of the certificates that are believed. */
  sslCa: string | undefined
}

const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const
type SslMode = (typeof SSL_MODES)[number]

/** user:password@host:port/database?options; a password may hold an unescaped `@`. */
const SHAPE = /^(?:([^:@/]*)(?::(.*))?@)?(\[[^\]]+\]|[^:@/?]*)(?::(\d{1,5}))?\/([^?/]+)(?:\?(.*))?$/s

/** Options and what they set: libpq's words, and those of the Python drivers for MySQL. */
const OPTIONS: Readonly<Record<string, 'sslMode' | 'sslCa' | 'host' | null>> = {
  sslmode: 'sslMode',
  sslrootcert: 'sslCa',
  ssl_ca: 'sslCa',
  host: 'host',
  unix_socket: 'host',
  charset: null,
}

/** Reads what stands behind `scheme://`. A complaint never repeats the text, which may hold a password. */
export function readServerUrl(rest: string, cwd: string): ServerUrl | { complaint: string } {
  const match = SHAPE.exec(rest)
  if (!match) return { complaint: 'must read scheme://user:password@host:port/database' }
  const [, user, password, host = '', port, database = '', query = ''] = match
  try {
    const url: ServerUrl = {
      host: host.replace(/^\[|\]$/g, '') || '127.0.0.1',
      port: port === undefined ? undefined : Number(port),
      database: decodeURIComponent(database),
      user: user === undefined ? undefined : decodeURIComponent(user),
      password: password === undefined ? undefined : decodeURIComponent(password),
      sslMode: 'disable',
      sslCa: undefined,
    }
    return withOptions(url, { query: new URLSearchParams(query), cwd })
  } catch (error) {
    if (error instanceof URIError) return { complaint: 'holds a % that begins no escape: write it as %25' }
    throw error
  }
}

function withOptions(
  url: ServerUrl,
  { cwd, query }: { query: URLSearchParams; cwd: string },
): ServerUrl | { complaint: string } {
  const given: { sslMode?: string; sslCa?: string; host?: string } = {}
  for (const [name, value] of query) {
    const key = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined
    if (key === undefined) {
      return {
        complaint: `has the option ${name}, which nobody reads: use ${Object.keys(OPTIONS).join(', ')}`,
      }
    }
    if (key !== null) given[key] = value
  }
  const sslMode = SSL_MODES.find((mode) => mode === (given.sslMode ?? url.sslMode))
  if (sslMode === undefined) return { complaint: `has an sslmode that is none of ${SSL_MODES.join(', ')}` }
  const sslCa = given.sslCa === undefined ? undefined : resolve(cwd, given.sslCa)
  return { ...url, sslMode, sslCa, host: given.host ?? url.host }
}
