import { setTimeout as sleep } from 'node:timers/promises'
import { type Dialect, Kysely, MysqlAdapter, sql, type Transaction } from 'kysely'
import { ExchangeError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import type { DialectKit } from './dialects/kit.ts'
import type { ServerOptions } from './dialects/server-options.ts'
import { GuardedDriver } from './driver.ts'
import { TransactionAborted, UniqueViolation } from './errors.ts'
import { GroupCommit } from './group-commit.ts'
import type { Schema } from './schema.ts'

/** The database, or one transaction on it: what every function of this room takes, so that they compose. */
export type Database = Kysely<Schema> | Transaction<Schema>

/** Which database, and how to reach it. */
export type DatabaseLocation =
  | { dialect: 'sqlite'; file: string }
  | ({ dialect: 'postgres' } & ServerOptions)
  | ({ dialect: 'mysql' } & ServerOptions)

export interface DatabaseOptions {
  url: DatabaseLocation
  metrics?: Metrics
  /** Called for every statement, for `debugDb`; parameters are handed over as they are: mask them. */
  debug?: (sql: string, parameters: readonly unknown[]) => void
}

const kits = new WeakMap<object, DialectKit>()
const groups = new WeakMap<object, GroupCommit>()

/** Opens the database and asks it something; throws one line for the operator when that is not possible. */
export async function openDatabase(options: DatabaseOptions): Promise<Kysely<Schema>> {
  try {
    const kit = await kitFor(options.url)
    const database = databaseOf(kit, options)
    await sql`select 1`.execute(database).catch(async (error: unknown) => {
      await database.destroy()
      throw error
    })
    return database
  } catch (error) {
    const reason = reasonOf(error)
    throw new Error(`The database ${placeOf(options.url)} cannot be used: ${reason}`, { cause: error })
  }
}

function databaseOf(kit: DialectKit, { debug, metrics }: DatabaseOptions): Kysely<Schema> {
  const dialect: Dialect = {
    createAdapter: kit.createAdapter,
    createQueryCompiler: kit.createQueryCompiler,
    createIntrospector: kit.createIntrospector,
    createDriver: () => new GuardedDriver(kit.backend, metrics),
  }
  const database = new Kysely<Schema>({
    dialect,
    ...(debug && { log: (event) => debug(event.query.sql, event.query.parameters) }),
  })
  kits.set(database, kit)
  if (kit.oneAtATime) groups.set(database, new GroupCommit(database))
  return database
}

/** Loads the driver of the one database that is used. */
async function kitFor(url: DatabaseLocation): Promise<DialectKit> {
  if (url.dialect === 'postgres') return (await import('./dialects/postgres.ts')).postgres(url)
  if (url.dialect === 'mysql') return (await import('./dialects/mysql.ts')).mysqlFamily(url)
  return (await import('./dialects/sqlite.ts')).sqlite(url)
}

function placeOf(url: DatabaseLocation): string {
  if (url.dialect === 'sqlite') return url.file
  const user = url.user === undefined ? '' : ` as ${url.user}`
  return `${url.database} on ${url.host}${url.port === undefined ? '' : `:${url.port}`}${user}`
}

/** What the driver itself said, in one line. */
function reasonOf(error: unknown): string {
  const inner = error instanceof ExchangeError && error.cause !== undefined ? error.cause : error
  if (inner instanceof AggregateError) return reasonOf(inner.errors[0])
  const { code, message } = inner as { code?: string; message?: string }
  return (message || code || String(inner)).replaceAll(/\s+/g, ' ')
}

/** What is special about the database that `openDatabase` opened. */
export function kitOf(database: Kysely<Schema>): DialectKit {
  const kit = kits.get(database)
  if (!kit) throw new Error('not a database of openDatabase')
  return kit
}

/** What in the settings of the database's server could lose an acknowledged commit, one line each. */
export function durabilityWeaknesses(database: Kysely<Schema>): Promise<string[]> {
  return kitOf(database).weaknesses(database)
}

/** Whether upserts are spelled as MySQL spells them. */
export function isMysql(database: Database): boolean {
  return database.getExecutor().adapter instanceof MysqlAdapter
}

const ATTEMPTS = 20

/**
 * Runs `work` in one transaction. Where another transaction was faster (a key that both made, a deadlock), it
 * runs again from the start and sees what the other one wrote. Throws `OutcomeUnknown` when the commit was lost.
 * On SQLite those that arrive together share a commit (`group-commit.ts`).
 */
export async function transact<T>(
  database: Kysely<Schema>,
  work: (transaction: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  const group = groups.get(database)
  for (let attempt = 1; ; attempt++) {
    try {
      return await (group ? group.run(work) : database.transaction().execute(work))
    } catch (error) {
      const again = error instanceof UniqueViolation || error instanceof TransactionAborted
      if (!again || attempt === ATTEMPTS) throw error
      await sleep(Math.random() * 5 * attempt)
    }
  }
}
