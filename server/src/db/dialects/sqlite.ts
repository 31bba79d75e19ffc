import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { Backend, Session } from '../driver.ts'
import { databaseFull, databaseUnavailable, UniqueViolation } from '../errors.ts'
import type { DialectKit } from './kit.ts'

/** How long a writer waits for another process's write lock before it answers `unavailable`. */
const BUSY_LIMIT_MS = 10_000

const KEPT_STATEMENTS = 200

/** SQLite in this process: one connection, which Kysely hands to one user at a time. */
export function sqlite(options: { file: string }): DialectKit {
  const database = openFile(options.file)
  return {
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (of) => new SqliteIntrospector(of),
    backend: backend(database),
    oneAtATime: true,
    ddl: {
      tables: "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'",
      lock: null,
      separateIndexes: true,
      createTable: 'create table',
      types: {
        id: 'integer primary key autoincrement',
        ref: 'integer',
        org: 'integer',
        number: 'integer',
        big: 'bigint',
        name: 'text',
        notebook: 'text',
        ascii: 'text',
        text: 'text',
      },
      afterCopy: () => [],
      appendOnly: (table) => [
        `create trigger ${table}_never_change before update on ${table}
          begin select raise(abort, 'append-only'); end`,
        `create trigger ${table}_never_go before delete on ${table}
          begin select raise(abort, 'append-only'); end`,
      ],
    },
    weaknesses: async () => [],
  }
}

function openFile(file: string): Sqlite.Database {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  const database = new Sqlite(file, { timeout: 50 })
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  database.pragma('journal_size_limit = 67108864')
  return database
}

function backend(database: Sqlite.Database): Backend {
  const prepared = keptStatements(database)
  const session: Session = {
    async query(sql, parameters) {
      const statement = prepared(sql)
      if (statement.reader) return { rows: statement.all(parameters) }
      const { changes, lastInsertRowid } = statement.run(parameters)
      return { rows: [], insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes) }
    },
    release() {},
  }
  return {
    connect: async () => session,
    begin: () => beginImmediate(session),
    async rollback() {
      // Where SQLite has rolled back by itself, a second time would only hide why.
      if (database.inTransaction) await session.query('rollback', [])
    },
    translate,
    end: async () => void database.close(),
    statementTimeout: 0,
  }
}

/** Prepares each statement once and keeps the last ones: lists of different lengths make different statements. */
function keptStatements(database: Sqlite.Database): (sql: string) => Sqlite.Statement {
  const kept = new Map<string, Sqlite.Statement>()
  return (sql) => {
    const statement = kept.get(sql) ?? database.prepare(sql)
    kept.delete(sql)
    kept.set(sql, statement)
    const [oldest] = kept.keys()
    if (kept.size > KEPT_STATEMENTS && oldest !== undefined) kept.delete(oldest)
    return statement
  }
}

/**
 * Begins with the write lock: a plain `begin` that reads first and writes later fails at once
 * (SQLITE_BUSY_SNAPSHOT) when a second process wrote in between, whatever the busy timeout. The wait for the
 * lock is ours, because SQLite's own would block the event loop.
 */
async function beginImmediate(session: Session): Promise<void> {
  const limit = Date.now() + BUSY_LIMIT_MS
  for (;;) {
    try {
      await session.query('begin immediate', [])
      return
    } catch (error) {
      if (!codeOf(error).startsWith('SQLITE_BUSY') || Date.now() > limit) throw error
      await sleep(20)
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Sqlite.SqliteError ? error.code : ''
}

function translate(error: unknown): unknown {
  const code = codeOf(error)
  if (/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(code)) return new UniqueViolation(code, { cause: error })
  if (code === 'SQLITE_FULL') return databaseFull(error)
  if (/^SQLITE_(BUSY|LOCKED|READONLY|IOERR|CANTOPEN)/.test(code)) return databaseUnavailable(error)
  return error
}
