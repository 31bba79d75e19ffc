import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { inject } from 'vitest'
import { type Certificates, certificatesFor, type DebianServer, type Row } from './servers/debian.ts'
import { freshMariadb, rowsOnMariadb, startMariadb } from './servers/mariadb.ts'
import { freshPostgres, rowsOnPostgres, startPostgres } from './servers/postgres.ts'

const KNOWN = ['sqlite', 'postgres', 'mysql'] as const

export type DatabaseName = (typeof KNOWN)[number]

/** The database of this test project. */
export function thisDatabase(): DatabaseName {
  return KNOWN.find((name) => name === process.env.TEST_DATABASE) ?? 'sqlite'
}

/** A server of this project's kind for one test file alone, to which everything may happen. */
export function startOwnServer(certificates?: Certificates): Promise<DebianServer> {
  return thisDatabase() === 'postgres' ? startPostgres(certificates) : startMariadb(certificates)
}

/** What makes such a server speak TLS. */
export function ownCertificates(): Certificates {
  return certificatesFor(thisDatabase())
}

/** A new empty database on such a server. */
export function databaseOn(server: DebianServer, name: string): Promise<{ url: string }> {
  return thisDatabase() === 'postgres' ? freshPostgres(server.url, name) : freshMariadb(server.url, name)
}

/** Runs a statement past the service; answers its rows. */
export async function runOn(url: string, statement: string): Promise<Row[]> {
  const [rows = []] = await rowsOn(url, [statement])
  return rows
}

/** Runs statements past the service, over one connection; answers the rows of each. */
export async function rowsOn(url: string, statements: readonly string[]): Promise<Row[][]> {
  if (url.startsWith('sqlite')) return rowsOnSqlite(url, statements)
  return url.startsWith('postgresql') ? rowsOnPostgres(url, statements) : rowsOnMariadb(url, statements)
}

function rowsOnSqlite(url: string, statements: readonly string[]): Row[][] {
  const database = new Sqlite(url.replace('sqlite:///', ''), { readonly: true })
  try {
    return statements.map((statement) => database.prepare(statement).all() as Row[])
  } finally {
    database.close()
  }
}

/** A new empty database of this project's kind, SQLite's as `nbexchange.db` in the empty `directory`; `drop` forgets it. */
export async function freshDatabase(directory: string): Promise<{ url: string; drop(): Promise<unknown> }> {
  const name = `t${randomBytes(8).toString('hex')}`
  const kind = thisDatabase()
  if (kind === 'postgres') return freshPostgres(inject('databaseServer'), name)
  if (kind === 'mysql') return freshMariadb(inject('databaseServer'), name)
  return { url: `sqlite:///${join(directory, 'nbexchange.db')}`, drop: async () => {} }
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the projects on a server: its URL. */
    databaseServer: string
  }
}
