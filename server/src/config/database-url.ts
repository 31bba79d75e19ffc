import { resolve } from 'node:path'
import { readServerUrl, type ServerUrl } from './server-url.ts'

/** A database as the rest of the service sees it: no text to parse, every path absolute. */
export type DatabaseUrl =
  | { dialect: 'sqlite'; file: string }
  | ({ dialect: 'postgres' | 'mysql' } & ServerUrl)

type Parsed = { url: DatabaseUrl } | { complaint: string }

/** What can be read after `scheme://`. The scheme may carry a Python driver (`postgresql+psycopg2`): it is ignored. */
const DIALECTS: Readonly<Record<string, (rest: string, cwd: string) => Parsed>> = {
  sqlite: parseSqlite,
  postgresql: parseServer('postgres'),
  postgres: parseServer('postgres'),
  mysql: parseServer('mysql'),
  mariadb: parseServer('mysql'),
}

/** Reads SQLAlchemy's spelling; relative files count from `cwd`. A complaint never repeats the text, which may hold a password. */
export function parseDatabaseUrl(text: string, cwd: string): Parsed {
  const match = /^([a-z0-9]+)(?:\+[a-z0-9_]+)?:\/\/(.*)$/s.exec(text)
  const [, scheme = '', rest = ''] = match ?? []
  const parse = Object.hasOwn(DIALECTS, scheme) ? DIALECTS[scheme] : undefined
  if (parse) return parse(rest, cwd)
  return {
    complaint:
      'must be a database URL such as sqlite:///nbexchange.db, postgresql://user:password@host/database or mysql://...',
  }
}

function parseSqlite(rest: string, cwd: string): Parsed {
  if (rest === '' || rest === '/' || rest === '/:memory:')
    return { url: { dialect: 'sqlite', file: ':memory:' } }
  if (!rest.startsWith('/')) {
    return {
      complaint:
        'needs three slashes before a relative file (sqlite:///file.db), four before an absolute one',
    }
  }
  if (rest.includes('?')) return { complaint: 'takes no ?options for sqlite' }
  if (rest.includes('\0')) return { complaint: 'must not contain a NUL character' }
  return { url: { dialect: 'sqlite', file: resolve(cwd, rest.slice(1)) } }
}

function parseServer(dialect: 'postgres' | 'mysql') {
  return (rest: string, cwd: string): Parsed => {
    const read = readServerUrl(rest, cwd)
    return 'complaint' in read ? read : { url: { dialect, ...read } }
  }
}

/** The URL without its password, for logs. It takes the last `@`, because passwords are often not escaped. */
export function maskDatabaseUrl(text: string): string {
  return text
    .replace(/^([^:/]*:\/\/[^:/@]*):.*@/s, '$1:***@')
    .replace(/([?&][^=&]*pass[^=&]*=)[^&]*/gi, '$1***')
}
