import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runOn } from './databases.ts'
import type { TestService } from './start.ts'

const TABLES = 'users courses members assignments releases submissions feedback actions'.split(' ')

/** All that the service has stored: every row of every table, or of one organisation, and the name of every file. */
export async function stored(service: TestService, orgId?: number) {
  const where = orgId === undefined ? '' : ` where org_id = ${orgId}`
  const rows: Record<string, Record<string, unknown>[]> = {}
  for (const table of TABLES) {
    const order = table === 'members' ? 'course_id, user_id' : 'id'
    rows[table] = await runOn(service.databaseUrl, `select * from ${table}${where} order by ${order}`)
  }
  return { rows, files: await files(service, orgId) }
}

async function files(service: TestService, orgId: number | undefined): Promise<string[]> {
  const folder = join(service.directory, 'storage', orgId === undefined ? '' : String(orgId))
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
