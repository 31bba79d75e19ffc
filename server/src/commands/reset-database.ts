import { basename } from 'node:path'
import { type Kysely, sql } from 'kysely'
import type { Config } from '../config/load.ts'
import { openDatabase } from '../db/database.ts'
import { pendingMigrations } from '../db/migrate.ts'
import type { Schema } from '../db/schema.ts'
import type { CommandContext } from './command.ts'

/**
 * With `resetDb`, drops every table after its confirmation: the database's name typed, or `--yes`. Throws when it
 * is not confirmed, and when the tables are not ours. Stored files stay; without their rows nobody reads them.
 */
export async function resetWhenAsked(config: Config, context: CommandContext): Promise<void> {
  const { file } = config.database
  if (!config.resetDb || file === ':memory:') return
  const database = await openDatabase({ url: config.database })
  try {
    await pendingMigrations(database)
    await confirm(file, context)
    await dropTables(database)
  } finally {
    await database.destroy()
  }
}

async function confirm(file: string, { terminal, switches }: CommandContext): Promise<void> {
  if (switches.has('--yes')) return
  const name = basename(file)
  const loss = `resetDb removes every course, assignment, submission and feedback recorded in ${file}.`
  const answer = await terminal.ask(`${loss}\nType the name of the database (${name}) to go on: `)
  if (answer?.trim() !== name)
    throw new Error(`resetDb was not confirmed: type ${name} when asked, or add --yes`)
}

/**
 * Tables, not the file: a service that still has the database open then fails loudly, where it would go on
 * writing into an unlinked file.
 */
async function dropTables(database: Kysely<Schema>): Promise<void> {
  const tables = await database.introspection.getTables()
  await sql`pragma foreign_keys = off`.execute(database)
  await database.transaction().execute(async (transaction) => {
    for (const { name } of tables) await transaction.schema.dropTable(name).execute()
  })
}
