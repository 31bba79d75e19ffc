import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { TestService } from './start.ts'

const TABLES = 'users courses members assignments releases submissions feedback actions'.split(' ')

/** All that the service has stored: every row of every table, or of one organisation, and the name of every file. */
export async function stored(service: TestService, orgId?: number) {
  const database = new Sqlite(join(service.directory, 'nbexchange.db'), { readonly: true })
  try {
    const where = orgId === undefined ? '' : ` where org_id = ${orgId}`
    const rows = Object.fromEntries(
      TABLES.map((table) => [table, database.prepare(`select * from ${table}${where}`).all()]),
    )
    return { rows, files: await files(service, orgId) }
  } finally {
    database.close()
  }
}

async function files(service: TestService, orgId: number | undefined): Promise<string[]> {
  const folder = join(service.directory, 'storage', orgId === undefined ? '' : String(orgId))
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
