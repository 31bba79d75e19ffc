import { type Kysely, sql } from 'kysely'
import { APPEND_ONLY_TABLES, DROP_ORDER } from './all-tables.ts'
import { kitOf } from './database.ts'
import type { DdlKit } from './dialects/kit.ts'
import { MIGRATIONS } from './migrations/index.ts'
import type { Schema } from './schema.ts'

/**
 * Brings the database to the newest schema; answers the names of the migrations that ran. Each runs in a
 * transaction of its own and under a lock, so that services that start together run it once. Throws
 * when the database is newer than this program or is not ours.
 */
export async function migrate(database: Kysely<Schema>): Promise<string[]> {
  const { ddl } = kitOf(database)
  return database.connection().execute(async (connection) => {
    const held = ddl.lock?.giveBack ?? null
    if (held !== null && ddl.lock) await sql.raw(ddl.lock.take).execute(connection)
    try {
      return await runAll(connection, ddl)
    } finally {
      if (held !== null) await sql.raw(held).execute(connection)
    }
  })
}

/** As `migrate` where that is allowed; otherwise throws unless there is nothing to do. */
export async function bringUpToDate(database: Kysely<Schema>, upgrade: boolean): Promise<string[]> {
  if (upgrade) return migrate(database)
  if ((await pendingMigrations(database)).length === 0) return []
  throw new Error('The database is not up to date: run `nbexchange migrate`.')
}

async function runAll(connection: Kysely<Schema>, ddl: DdlKit): Promise<string[]> {
  const done: string[] = []
  for (const migration of MIGRATIONS) {
    await connection.transaction().execute(async (transaction) => {
      if (ddl.lock && ddl.lock.giveBack === null) await sql.raw(ddl.lock.take).execute(transaction)
      if (!(await pending(transaction, ddl)).includes(migration.name)) return
      const table = `create table if not exists migrations
        (name ${ddl.types.ascii} not null primary key, ran_at ${ddl.types.big} not null)`
      await sql.raw(table).execute(transaction)
      await migration.up(transaction as unknown as Kysely<unknown>, ddl)
      await sql`insert into migrations values (${migration.name}, ${Date.now() * 1000})`.execute(transaction)
      done.push(migration.name)
    })
  }
  return done
}

/** Names of the migrations that have not run yet; checks that the database is ours and not newer. */
export async function pendingMigrations(database: Kysely<Schema>): Promise<string[]> {
  return pending(database, kitOf(database).ddl)
}

async function pending(database: Kysely<Schema>, ddl: DdlKit): Promise<string[]> {
  const ran = await ranMigrations(database, ddl)
  const known = MIGRATIONS.map((migration) => migration.name)
  const unknown = ran.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new Error(
      `The database has migration ${unknown[0]}, which this version does not know: run the newer nbexchange.`,
    )
  }
  return known.filter((name) => !ran.includes(name))
}

/** Names of the migrations that made this database. */
export function migrationsOf(database: Kysely<Schema>): Promise<string[]> {
  return ranMigrations(database, kitOf(database).ddl)
}

async function ranMigrations(database: Kysely<Schema>, ddl: DdlKit): Promise<string[]> {
  const tables = await listTables(database, ddl)
  if (tables.includes('migrations')) {
    const { rows } = await sql<{ name: string }>`select name from migrations order by name`.execute(database)
    return rows.map((row) => row.name)
  }
  if (tables.length === 0) return []
  const hint = tables.includes('alembic_version')
    ? 'It belongs to nbexchange 1.x or 2.x: see docs/moving-from-1.x.md.'
    : 'Name an empty database in dbUrl.'
  throw new Error(`The database has tables that are not ours. ${hint}`)
}

async function listTables(database: Kysely<Schema>, ddl: DdlKit): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`${sql.raw(ddl.tables)}`.execute(database)
  return rows.map((row) => row.name)
}

/** Drops every table of a database that is ours, with what belongs to it; throws for any other. */
export async function dropEverything(database: Kysely<Schema>): Promise<void> {
  const { ddl } = kitOf(database)
  await pending(database, ddl)
  const tables = new Set(await listTables(database, ddl))
  for (const table of [...DROP_ORDER, 'migrations']) {
    if (tables.has(table)) await database.schema.dropTable(table).execute()
  }
  for (const table of APPEND_ONLY_TABLES) {
    for (const statement of ddl.afterDrop(table)) await sql.raw(statement).execute(database)
  }
}
