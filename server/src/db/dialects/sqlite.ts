import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { Backend, Session } from '../driver.ts'
import { databaseFull, databaseUnavailable, UniqueViolation } from '../errors.ts'
import type { DialectKit } from './kit.ts'
import { SqliteFile } from './sqlite-file.ts'
import { type SqliteWriter, WriterThread, writerOf } from './sqlite-writer.ts'

/** How long a writer waits for another process's write lock before it answers `unavailable`. */
const BUSY_LIMIT_MS = 10_000

/** Whoever reads does not wait for whoever writes: see https://sqlite.org/wal.html. */
class AdapterOfMany extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

/** SQLite in this process: one connection that reads, and one that writes, for one user at a time. */
export function sqlite({ file }: { file: string }): DialectKit {
  const reader = new SqliteFile(file)
  const isPrivate = file === ':memory:'
  const writer = isPrivate ? writerOf(reader) : new WriterThread(file)
  return {
    createAdapter: () => (isPrivate ? new SqliteAdapter() : new AdapterOfMany()),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (of) => new SqliteIntrospector(of),
    backend: backend(reader, writer),
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
      afterDrop: () => [],
    },
    weaknesses: async () => [],
  }
}

function backend(reader: SqliteFile, writer: SqliteWriter): Backend {
  const turns = new Turns()
  return {
    connect: async () => new SqliteSession(reader, writer, turns),
    begin: (session) => beginImmediate(session as SqliteSession),
    async rollback(session) {
      // Where SQLite has rolled back by itself, a second time would only hide why.
      if (writer.inTransaction) await session.query('rollback', [])
    },
    translate,
    async end() {
      await writer.end()
      reader.close()
    },
    statementTimeout: 0,
  }
}

/** Reads by the one connection, and has a turn at the other from its first write to its release. */
class SqliteSession implements Session {
  readonly #reader: SqliteFile
  readonly #writer: SqliteWriter
  readonly #turns: Turns
  #endTurn: (() => void) | undefined

  constructor(reader: SqliteFile, writer: SqliteWriter, turns: Turns) {
    this.#reader = reader
    this.#writer = writer
    this.#turns = turns
  }

  async query(sql: string, parameters: readonly unknown[]) {
    if (!this.#endTurn && this.#reader.onlyReads(sql)) return this.#reader.run(sql, parameters)
    await this.takeTurn()
    const write = () => this.#writer.query(sql, parameters)
    return this.#writer.inTransaction ? write() : onceFree(write)
  }

  async takeTurn(): Promise<void> {
    this.#endTurn ??= await this.#turns.take()
  }

  release(): void {
    this.#endTurn?.()
    this.#endTurn = undefined
  }
}

/** One at a time, in the order in which they come. */
class Turns {
  #last: Promise<void> = Promise.resolve()

  /** Resolves when the turn has come, to what ends it. */
  async take(): Promise<() => void> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    await before
    return resolve
  }
}

/**
 * Begins with the write lock: a plain `begin` that reads first and writes later fails at once
 * (SQLITE_BUSY_SNAPSHOT) when a second process wrote in between, whatever the busy timeout.
 */
async function beginImmediate(session: SqliteSession): Promise<void> {
  await session.takeTurn()
  await session.query('begin immediate', [])
}

/** What takes the write lock, again while another process has it. The wait is ours, because SQLite's own would block the thread. */
async function onceFree<T>(write: () => Promise<T>): Promise<T> {
  const limit = performance.now() + BUSY_LIMIT_MS
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if (!codeOf(error).startsWith('SQLITE_BUSY') || performance.now() > limit) throw error
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
