import { once } from 'node:events'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import Sqlite from 'better-sqlite3'
import type { QueryResult } from 'kysely'
import type { SqliteFile } from './sqlite-file.ts'

/** A connection that writes; statements are run in the order in which they come. */
export interface SqliteWriter {
  query(sql: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>>
  /** After the last answer. */
  readonly inTransaction: boolean
  end(): Promise<void>
}

/** What is said to the thread. */
export type Question = { sql: string; parameters: readonly unknown[] } | 'close'

/** What it says to each statement, in their order. */
export type Answer = { inTransaction: boolean } & (
  | { result: QueryResult<unknown> }
  | { error: { code: string; message: string } }
)

/**
 * Writes in a thread of its own, because a commit waits for the disk and SQLite blocks whoever waits. A thread that fails ends
 * the process: nobody would know what it has written.
 */
export class WriterThread implements SqliteWriter {
  inTransaction = false
  readonly #thread: Worker
  readonly #waiting: PromiseWithResolvers<QueryResult<unknown>>[] = []

  constructor(file: string) {
    const program = `sqlite-writer-thread${extname(import.meta.filename)}`
    this.#thread = new Worker(join(import.meta.dirname, program), { workerData: file })
    this.#thread.unref()
    this.#thread.on('message', (answer: Answer) => this.#answered(answer))
  }

  query(sql: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>> {
    const waiting = Promise.withResolvers<QueryResult<unknown>>()
    this.#waiting.push(waiting)
    this.#thread.ref()
    this.#say({ sql, parameters })
    return waiting.promise
  }

  async end(): Promise<void> {
    this.#thread.ref()
    const gone = once(this.#thread, 'exit')
    this.#say('close')
    await gone
  }

  #say(question: Question): void {
    this.#thread.postMessage(question)
  }

  #answered(answer: Answer): void {
    this.inTransaction = answer.inTransaction
    const waiting = this.#waiting.shift()
    if (this.#waiting.length === 0) this.#thread.unref()
    if ('result' in answer) waiting?.resolve(answer.result)
    else waiting?.reject(new Sqlite.SqliteError(answer.error.message, answer.error.code))
  }
}

/** Writes by the connection that also reads, for a database that only this connection sees. */
export function writerOf(database: SqliteFile): SqliteWriter {
  return {
    query: async (sql, parameters) => database.run(sql, parameters),
    get inTransaction() {
      return database.inTransaction
    },
    end: async () => {},
  }
}
