import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from './schema.ts'

/** How many share a commit at most, so that whoever reads meanwhile need not wait long. */
const LARGEST_GROUP = 64

interface Waiting {
  work: (transaction: Transaction<Schema>) => Promise<unknown>
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/**
 * For a database that runs one transaction at a time: those that arrive together run one after the other inside
 * one transaction and share its commit, which is what a disk makes expensive. Nobody is answered before that
 * commit is durable; where it fails, it fails for all of them. One that fails by itself is undone alone.
 */
export class GroupCommit {
  readonly #database: Kysely<Schema>
  #waiting: Waiting[] = []
  #running = false

  constructor(database: Kysely<Schema>) {
    this.#database = database
  }

  run<T>(work: (transaction: Transaction<Schema>) => Promise<T>): Promise<T> {
    const { promise, reject, resolve } = Promise.withResolvers<T>()
    this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject })
    if (!this.#running) void this.#runAll()
    return promise
  }

  async #runAll(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      // Those who arrive in the same turn of the event loop go together.
      await nextTurn()
      await this.#runGroup(this.#waiting.splice(0, LARGEST_GROUP))
    }
    this.#running = false
  }

  async #runGroup(group: readonly Waiting[]): Promise<void> {
    const answers: (() => void)[] = []
    try {
      await this.#database.transaction().execute(async (transaction) => {
        for (const one of group) answers.push(await runAlone(transaction, one))
      })
    } catch (error) {
      for (const { reject } of group) reject(error)
      return
    }
    for (const answer of answers) answer()
  }
}

/** Runs one of the group; what to answer when the commit is durable. Throws where the whole transaction is lost. */
async function runAlone(transaction: Transaction<Schema>, one: Waiting): Promise<() => void> {
  await sql`savepoint one`.execute(transaction)
  try {
    const value = await one.work(transaction)
    await sql`release one`.execute(transaction)
    return () => one.resolve(value)
  } catch (error) {
    await undo(transaction, error)
    return () => one.reject(error)
  }
}

/** Where SQLite has undone the whole transaction by itself (a full disk), there is nothing to go back to. */
async function undo(transaction: Transaction<Schema>, error: unknown): Promise<void> {
  try {
    await sql`rollback to one`.execute(transaction)
    await sql`release one`.execute(transaction)
  } catch {
    throw error
  }
}
