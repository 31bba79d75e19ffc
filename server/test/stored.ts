import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { COPIED_TABLES } from '../src/db/all-tables.ts'
import { rowsOn } from './databases.ts'
import type { TestService } from './start.ts'

const LOOKS = COPIED_TABLES.map(({ key, table }) => `select * from ${table} order by ${key.join(', ')}`)

/** All that the service has stored: every row of every table that a backup holds, and the name of every file. */
export async function stored(service: TestService) {
  const answers = await rowsOn(service.databaseUrl, LOOKS)
  const rows = Object.fromEntries(COPIED_TABLES.map(({ table }, at) => [table, answers[at] ?? []]))
  return { rows, files: filesBelow(join(service.directory, 'storage')) }
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
