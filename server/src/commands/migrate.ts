import { openDatabase } from '../db/database.ts'
import { migrate, pendingMigrations } from '../db/migrate.ts'
import type { CommandContext } from './command.ts'
import { resetWhenAsked } from './reset-database.ts'

/** Runs what is pending and prints its names, one a line; with `--dry-run` only prints them. */
export async function migrateDatabase(context: CommandContext): Promise<void> {
  const { config } = await context.loadConfig()
  const { terminal, switches } = context
  const dryRun = switches.has('--dry-run')
  if (!dryRun) await resetWhenAsked(config, context)
  const database = await openDatabase({ url: config.database })
  try {
    const names = dryRun ? await pendingMigrations(database) : await migrate(database)
    for (const name of names) terminal.write(`${dryRun ? 'pending' : 'ran'} ${name}\n`)
    if (names.length === 0) terminal.write('nothing to do: the database is up to date\n')
  } finally {
    await database.destroy()
  }
}
