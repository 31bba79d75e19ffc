import { tmpdir } from 'node:os'
import type { Kysely } from 'kysely'
import { loadConfig } from '../src/config/load.ts'
import { openDatabase } from '../src/db/database.ts'
import type { Schema } from '../src/db/schema.ts'

interface HowToOpen {
  /** Called after every statement. */
  debug?: () => void
  /** The setting. */
  dbOptions?: Record<string, unknown>
}

/** Opens the database at this URL past the service, as the service does. */
export async function openAt(url: string, { dbOptions, debug }: HowToOpen = {}): Promise<Kysely<Schema>> {
  const options = dbOptions && { NBEX_DB_OPTIONS: JSON.stringify(dbOptions) }
  const env = { NBEX_USER_PLUGIN: 'proxy-header', NBEX_DB_URL: url, ...options }
  const { config } = await loadConfig({ args: [], cwd: tmpdir(), systemFolder: '/nowhere', env })
  return openDatabase({ url: config.database, ...(debug && { debug }) })
}

/** Works on the database at this URL past the service. */
export async function onDatabase<T>(
  url: string,
  work: (database: Kysely<Schema>) => Promise<T>,
  how: HowToOpen = {},
): Promise<T> {
  const database = await openAt(url, how)
  try {
    return await work(database)
  } finally {
    await database.destroy()
  }
}
