import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { QueryResult } from 'kysely'
import { keepNewest } from '../../newest.ts'

/** So many statements are kept prepared: lists of different lengths make different ones. */
const KEPT_STATEMENTS = 200

/** One connection to a SQLite database. It blocks the thread that uses it. */
export class SqliteFile {
  readonly #database: Sqlite.Database
  readonly #prepared = new Map<string, Sqlite.Statement>()

  constructor(file: string) {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
    this.#database = new Sqlite(file, { timeout: 50 })
    this.#database.pragma('journal_mode = WAL')
    this.#database.pragma('synchronous = FULL')
    this.#database.pragma('foreign_keys = ON')
    this.#database.pragma('journal_size_limit = 67108864')
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction
  }

  /** Whether the statement leaves the database as it is. */
  onlyReads(sql: string): boolean {
    return this.#statement(sql).readonly
  }

  run(sql: string, parameters: readonly unknown[]): QueryResult<unknown> {
    const statement = this.#statement(sql)
    if (statement.reader) return { rows: statement.all(parameters) }
    const { changes, lastInsertRowid } = statement.run(parameters)
    return { rows: [], insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes) }
  }

  close(): void {
    this.#database.close()
  }

  #statement(sql: string): Sqlite.Statement {
    const statement = this.#prepared.get(sql) ?? this.#database.prepare(sql)
    keepNewest(this.#prepared, { key: sql, value: statement, limit: KEPT_STATEMENTS })
    return statement
  }
}
