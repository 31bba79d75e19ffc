import { type Kysely, sql } from 'kysely'
import { ExchangeError } from '../errors.ts'
import { MIGRATIONS } from './migrations/index.ts'
import type { Schema } from './schema.ts'

/**
 * Brings the database to the newest schema; answers the names of the migrations that ran. Each runs in a
 * transaction of its own, which on SQLite also keeps a second process out. Throws `conflict` when the database
 * is newer than this program or is not ours.
 */
export async function migrate(database: Kysely<Schema>): Promise<string[]> {
  const done: string[] = []
  for (const migration of MIGRATIONS) {
    await database.transaction().execute(async (transaction) => {
      if (!(await pendingMigrations(transaction)).includes(migration.name)) return
      await sql`create table if not exists migrations (name text primary key, ran_at bigint not null)`.execute(
        transaction,
      )
      await migration.up(transaction as unknown as Kysely<unknown>)
      await sql`insert into migrations values (${migration.name}, ${Date.now() * 1000})`.execute(transaction)
      done.push(migration.name)
    })
  }
  return done
}

/** Names of the migrations that have not run yet; checks that the database is ours and not newer. */
export async function pendingMigrations(database: Kysely<Schema>): Promise<string[]> {
  const ran = await ranMigrations(database)
  const known = MIGRATIONS.map((migration) => migration.name)
  const unknown = ran.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new ExchangeError(
      'conflict',
      `The database has migration ${unknown[0]}, which this version does not know: run the newer nbexchange.`,
    )
  }
  return known.filter((name) => !ran.includes(name))
}

async function ranMigrations(database: Kysely<Schema>): Promise<string[]> {
  const tables = (await database.introspection.getTables()).map((table) => table.name)
  if (tables.includes('migrations')) {
    const rows = await sql<{ name: string }>`select name from migrations order by name`.execute(database)
    return rows.rows.map((row) => row.name)
  }
  if (tables.length === 0) return []
  const hint = tables.includes('alembic_version')
    ? 'It belongs to nbexchange 1.x or 2.x: see docs/moving-from-1.x.md.'
    : 'Name an empty database in dbUrl.'
  throw new ExchangeError('conflict', `The database has tables that are not ours. ${hint}`)
}
