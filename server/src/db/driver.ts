import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import { ExchangeError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { databaseUnavailable, OutcomeUnknown } from './errors.ts'

/** One connection of a database, in the hands of one user. */
export interface Session {
  /** Runs one statement. */
  query(sql: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>>
  /** Gives the connection back; a broken one is closed. */
  release(broken: boolean): void
}

/** What differs between databases below the SQL. `dialects/` has one each. */
export interface Backend {
  /** Throws when there is no connection within the time that its options allow. */
  connect(): Promise<Session>
  begin(session: Session): Promise<void>
  /** Undoes the transaction, if there still is one. */
  rollback(session: Session): Promise<void>
  /** The error in the words of `errors.ts`. */
  translate(error: unknown): unknown
  end(): Promise<void>
  /** Milliseconds after which a statement counts as lost; 0 where a statement cannot hang. */
  statementTimeout: number
}

/**
 * Runs statements for Kysely and sees to what no dialect may forget: every error is translated and counted, a
 * statement that hangs is given up, a connection that failed is not used again, and a commit that was lost on
 * the way is never taken for a success nor for a failure.
 */
export class GuardedDriver implements Driver {
  readonly #backend: Backend
  readonly #metrics: Metrics | undefined

  constructor(backend: Backend, metrics: Metrics | undefined) {
    this.#backend = backend
    this.#metrics = metrics
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<GuardedConnection> {
    try {
      return new GuardedConnection(await this.#backend.connect(), this.#backend, this.#metrics)
    } catch (error) {
      this.#metrics?.databaseErrors.inc()
      throw this.#backend.translate(error)
    }
  }

  async beginTransaction(connection: GuardedConnection, _settings: TransactionSettings): Promise<void> {
    await connection.guard(() => this.#backend.begin(connection.session))
  }

  async commitTransaction(connection: GuardedConnection): Promise<void> {
    try {
      await connection.executeQuery(CompiledQuery.raw('commit'))
    } catch (error) {
      // A log that is full holds no commit; of one that could not be synced or reached, nobody knows.
      if (error instanceof ExchangeError && error.code === 'storage_full') throw error
      throw new OutcomeUnknown('outcome_unknown', {}, { cause: error })
    }
  }

  async rollbackTransaction(connection: GuardedConnection): Promise<void> {
    if (!connection.broken) await connection.guard(() => this.#backend.rollback(connection.session))
  }

  async releaseConnection(connection: GuardedConnection): Promise<void> {
    connection.session.release(connection.broken)
  }

  async destroy(): Promise<void> {
    await this.#backend.end()
  }
}

class GuardedConnection implements DatabaseConnection {
  readonly session: Session
  /** Whether what is on the other side is unknown, so that nothing more may be sent. */
  broken = false
  readonly #backend: Backend
  readonly #metrics: Metrics | undefined

  constructor(session: Session, backend: Backend, metrics: Metrics | undefined) {
    this.session = session
    this.#backend = backend
    this.#metrics = metrics
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.guard(() => this.session.query(query.sql, query.parameters) as Promise<QueryResult<R>>)
  }

  /** Runs `work` in time, its error translated. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.broken) throw databaseUnavailable(new Error('the connection was lost before'))
    try {
      return await this.#inTime(work)
    } catch (error) {
      this.#metrics?.databaseErrors.inc()
      const translated = this.#backend.translate(error)
      if (this.#backend.statementTimeout > 0 && isOutage(translated)) this.broken = true
      throw translated
    }
  }

  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    const limit = this.#backend.statementTimeout
    if (limit === 0) return work()
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => late.reject(databaseUnavailable(new Error(`no answer in ${limit} ms`))),
      limit,
    )
    try {
      return await Promise.race([work(), late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method; nothing here streams rows.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are not streamed')
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof ExchangeError && error.code === 'unavailable'
}
