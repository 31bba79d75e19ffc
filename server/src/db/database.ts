import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  type QueryResult,
  SqliteDialect,
  SqliteDriver,
  type Transaction,
} from 'kysely'
import { ExchangeError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import type { Schema } from './schema.ts'

/** The database, or one transaction on it: what every function of this room takes, so that they compose. */
export type Database = Kysely<Schema> | Transaction<Schema>

export interface DatabaseOptions {
  /** `:memory:` or the path of the file; its folder is made when absent. */
  url: { dialect: 'sqlite'; file: string }
  metrics?: Metrics
  /** Called for every statement, for `debugDb`; parameters are handed over as they are: mask them. */
  debug?: (sql: string, parameters: readonly unknown[]) => void
}

/** How long a writer waits for another process's write lock before it answers `unavailable`. */
const BUSY_LIMIT_MS = 10_000

/** Opens the database; throws `unavailable` with one line when that is not possible. */
export async function openDatabase(options: DatabaseOptions): Promise<Kysely<Schema>> {
  const file = openSqlite(options.url.file)
  const { debug } = options
  return new Kysely<Schema>({
    dialect: new Dialect({ database: file }, options.metrics),
    ...(debug && { log: (event) => debug(event.query.sql, event.query.parameters) }),
  })
}

function openSqlite(file: string): Sqlite.Database {
  try {
    if (file !== ':memory:' && !existsSync(dirname(file))) mkdirSync(dirname(file), { recursive: true })
    const database = new Sqlite(file, { timeout: 50 })
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    database.pragma('foreign_keys = ON')
    database.pragma('journal_size_limit = 67108864')
    return database
  } catch (error) {
    throw new ExchangeError('unavailable', `The database ${file} cannot be opened: ${String(error)}`, {
      cause: error,
    })
  }
}

class Dialect extends SqliteDialect {
  readonly #config: { database: Sqlite.Database }
  readonly #metrics: Metrics | undefined

  constructor(config: { database: Sqlite.Database }, metrics: Metrics | undefined) {
    super(config)
    this.#config = config
    this.#metrics = metrics
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#config, this.#metrics)
  }
}

/**
 * Begins every transaction with the write lock: a plain `begin` that reads first and writes later fails at
 * once (SQLITE_BUSY_SNAPSHOT) when a second process wrote in between, whatever the busy timeout. The wait for
 * the lock is ours, because SQLite's own would block the event loop.
 */
class ImmediateDriver extends SqliteDriver {
  readonly #database: Sqlite.Database
  readonly #metrics: Metrics | undefined

  constructor(config: { database: Sqlite.Database }, metrics: Metrics | undefined) {
    super(config)
    this.#database = config.database
    this.#metrics = metrics
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return new TranslatingConnection(await super.acquireConnection(), this.#metrics)
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const limit = Date.now() + BUSY_LIMIT_MS
    for (;;) {
      try {
        await connection.executeQuery(CompiledQuery.raw('begin immediate'))
        return
      } catch (error) {
        const busy = error instanceof ExchangeError && codeOf(error.cause).startsWith('SQLITE_BUSY')
        if (!busy || Date.now() > limit) throw error
        await sleep(20)
      }
    }
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.commitTransaction(connection)
    } catch (error) {
      throw undecided(error)
    }
  }

  /** Where SQLite has rolled back by itself, a second time would only hide why. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction) await super.rollbackTransaction(connection)
  }
}

/** A commit that failed on its way to the disk. */
class UndecidedCommit extends Error {}

function undecided(error: unknown): ExchangeError {
  const cause = new UndecidedCommit('the commit failed', { cause: error })
  if (error instanceof ExchangeError) return new ExchangeError(error.code, error.message, { cause })
  return new ExchangeError('unavailable', 'The database did not take it; send it again.', { cause })
}

/**
 * Whether the rows of a failed transaction may be there all the same. They are in the log, only not for certain on
 * the disk: not visible now, but a crash before the next write can bring them back.
 */
export function mayHaveCommitted(error: unknown): boolean {
  return error instanceof ExchangeError && error.cause instanceof UndecidedCommit
}

class TranslatingConnection implements DatabaseConnection {
  readonly #inner: DatabaseConnection
  readonly #metrics: Metrics | undefined

  constructor(inner: DatabaseConnection, metrics: Metrics | undefined) {
    this.#inner = inner
    this.#metrics = metrics
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      return await this.#inner.executeQuery<R>(query)
    } catch (error) {
      this.#metrics?.databaseErrors.inc()
      throw translate(error)
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#inner.streamQuery<R>(query, chunkSize)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Sqlite.SqliteError ? error.code : ''
}

/** The failures that are nobody's mistake become `storage_full` or `unavailable`; all others stay themselves. */
function translate(error: unknown): unknown {
  const code = codeOf(error)
  if (code === 'SQLITE_FULL') {
    return new ExchangeError('storage_full', 'The database has no space left; tell the operator.', {
      cause: error,
    })
  }
  if (/^SQLITE_(BUSY|LOCKED|READONLY|IOERR|CANTOPEN)/.test(code)) {
    return new ExchangeError('unavailable', 'The database does not take writes now; try again soon.', {
      cause: error,
    })
  }
  return error
}

/** Whether a statement failed because a row with the same key exists. */
export function isUniqueViolation(error: unknown): boolean {
  return /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(codeOf(error))
}
