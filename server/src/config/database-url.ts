import { resolve } from 'node:path'

/** A database as the rest of the service sees it: no text to parse, every path absolute. */
export type DatabaseUrl = {
  readonly dialect: 'sqlite'
  /** An absolute path, or `:memory:`. */
  readonly file: string
}

type Parsed = { url: DatabaseUrl } | { complaint: string }

const LATER = () => ({
  complaint: 'names a database that comes with a later version; for now use sqlite:///FILE',
})

/** What can be read after `scheme://`. The scheme may carry a Python driver (`postgresql+psycopg2`): it is ignored. */
const DIALECTS: Readonly<Record<string, (rest: string, cwd: string) => Parsed>> = {
  sqlite: parseSqlite,
  postgresql: LATER,
  postgres: LATER,
  mysql: LATER,
  mariadb: LATER,
}

/** Reads SQLAlchemy's spelling; relative files count from `cwd`. A complaint never repeats the text, which may hold a password. */
export function parseDatabaseUrl(text: string, cwd: string): Parsed {
  const match = /^([a-z0-9]+)(?:\+[a-z0-9_]+)?:\/\/(.*)$/s.exec(text)
  const [, scheme = '', rest = ''] = match ?? []
  const parse = Object.hasOwn(DIALECTS, scheme) ? DIALECTS[scheme] : undefined
  if (parse) return parse(rest, cwd)
  return {
    complaint: 'must be a database URL such as sqlite:///nbexchange.db or sqlite:////srv/nbexchange.db',
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

/** The URL without its password, for logs. It takes the last `@`, because passwords are often not escaped. */
export function maskDatabaseUrl(text: string): string {
  return text
    .replace(/^([^:/]*:\/\/[^:/@]*):.*@/s, '$1:***@')
    .replace(/([?&][^=&]*pass[^=&]*=)[^&]*/gi, '$1***')
}
