import { tmpdir } from 'node:os'
import type { Kysely } from 'kysely'
import { loadConfig } from '../src/config/load.ts'
import { openDatabase } from '../src/db/database.ts'
import type { Schema } from '../src/db/schema.ts'

/** Opens the database at this URL past the service, as the service does; `debug` is called after every statement. */
export async function openAt(url: string, debug?: () => void): Promise<Kysely<Schema>> {
  const env = { NBEX_USER_PLUGIN: 'proxy-header', NBEX_DB_URL: url }
  const { config } = await loadConfig({ args: [], cwd: tmpdir(), systemFolder: '/nowhere', env })
  return openDatabase({ url: config.database, ...(debug && { debug }) })
}

/** Works on the database at this URL past the service. */
export async function onDatabase<T>(url: string, work: (database: Kysely<Schema>) => Promise<T>): Promise<T> {
  const database = await openAt(url)
  try {
    return await work(database)
  } finally {
    await database.destroy()
  }
}
