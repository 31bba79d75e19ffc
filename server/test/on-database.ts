import { tmpdir } from 'node:os'
import type { Kysely } from 'kysely'
import { loadConfig } from '../src/config/load.ts'
import { openDatabase } from '../src/db/database.ts'
import type { Schema } from '../src/db/schema.ts'

/** Works on the database at this URL past the service, with what the service itself has it opened by. */
export async function onDatabase<T>(url: string, work: (database: Kysely<Schema>) => Promise<T>): Promise<T> {
  const env = { NBEX_USER_PLUGIN: 'proxy-header', NBEX_DB_URL: url }
  const { config } = await loadConfig({ args: [], cwd: tmpdir(), systemFolder: '/nowhere', env })
  const database = await openDatabase({ url: config.database })
  try {
    return await work(database)
  } finally {
    await database.destroy()
  }
}
