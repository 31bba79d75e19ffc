import { basename } from 'node:path'
import type { Config, DatabaseLocation } from '../config/load.ts'
import { openDatabase } from '../db/database.ts'
import { dropEverything, pendingMigrations } from '../db/migrate.ts'
import type { CommandContext } from './command.ts'

/**
 * With `resetDb`, drops every table after its confirmation: the database's name typed, or `--yes`. Throws when it
 * is not confirmed, and when the tables are not ours. Stored files stay; without their rows nobody reads them.
 */
export async function resetWhenAsked(config: Config, context: CommandContext): Promise<void> {
  const name = nameOf(config.database)
  if (!config.resetDb || name === ':memory:') return
  const database = await openDatabase({ url: config.database })
  try {
    await pendingMigrations(database)
    await confirm(name, context)
    // Tables, not the file: a service that still has it open then fails loudly instead of writing into nothing.
    await dropEverything(database)
  } finally {
    await database.destroy()
  }
}

function nameOf(location: DatabaseLocation): string {
  return location.dialect === 'sqlite' ? basename(location.file) : location.database
}

async function confirm(name: string, { terminal, switches }: CommandContext): Promise<void> {
  if (switches.has('--yes')) return
  const loss = `resetDb removes every course, assignment, submission and feedback recorded in ${name}.`
  const answer = await terminal.ask(`${loss}\nType the name of the database (${name}) to go on: `)
  if (answer?.trim() !== name)
    throw new Error(`resetDb was not confirmed: type ${name} when asked, or add --yes`)
}
