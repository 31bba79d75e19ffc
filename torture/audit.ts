import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { loadConfig } from '../server/src/config/load.ts'
import { openDatabase } from '../server/src/db/database.ts'
import { fileKey } from '../server/src/exchange/keys.ts'
import { COURSE, ownReceipts, person, readBack, sha256Of } from './hand-in.ts'
import { placesIn } from './service-child.ts'
import type { Acknowledged } from './storm.ts'

/** Every acknowledged file that its owner cannot read back byte for byte, in words. */
export async function lostOf(url: string, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const lost: string[] = []
  for (const [name, files] of Map.groupBy(acknowledged, (file) => file.student)) {
    const student = person(name, 'Student', COURSE)
    const listed = new Map<unknown, unknown>()
    for (const receipt of await ownReceipts(url, student)) listed.set(receipt.sha256, receipt.id)
    for (const { face, sha256 } of files) {
      const id = listed.get(sha256)
      const what = `acknowledged (${face}) ${name} ${sha256.slice(0, 12)}`
      if (id === undefined) {
        lost.push(`${what}: not listed`)
        continue
      }
      const back = await readBack(url, student, String(id)).catch((error: unknown) => String(error))
      if (typeof back === 'string') lost.push(`${what}: ${back}`)
      else if (sha256Of(back) !== sha256) lost.push(`${what}: other bytes`)
    }
  }
  return lost
}

/** Every student of whom a file, a label or an id is listed more than once, in words. */
export async function doublesOf(url: string, students: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const name of students) {
    const receipts = await ownReceipts(url, person(name, 'Student', COURSE))
    for (const key of ['sha256', 'timestamp', 'id']) {
      const values = receipts.map((receipt) => receipt[key])
      if (new Set(values).size < values.length) found.push(`${name}: a ${key} appears more than once`)
    }
  }
  return found
}

export interface StoreAudit {
  rows: number
  files: number
  /** Whole files without a row: harmless, for `sweep`. */
  orphans: number
  partials: number
  /** Rows without their file, files that are not what their row says, visible files that nobody sent whole. */
  problems: string[]
}

/**
 * Looks at disk and database of a service, running or not. `sent` holds the digests of all files that were sent to
 * it; `checked` the ids that need no second look, and is added to. Without `databaseUrl` it is the SQLite in `directory`.
 */
export async function auditStore(
  directory: string,
  known: { sent: ReadonlySet<string>; checked: Set<string>; databaseUrl?: string },
): Promise<StoreAudit> {
  const { database, partials, storage } = placesIn(directory)
  const rows = await rowsOf(known.databaseUrl ?? `sqlite:///${database}`)
  const files = filesBelow(storage).filter((path) => !path.startsWith('partial/'))
  const seen = new Set(files)
  const problems = rows.filter((row) => !seen.has(row.key)).map((row) => `row without file: ${row.key}`)
  const byKey = new Map(rows.map((row) => [row.key, row]))
  let orphans = 0
  for (const key of files) {
    const row = byKey.get(key)
    if (!row) orphans += 1
    if (known.checked.has(key)) continue
    const sha256 = await sha256OfFile(join(storage, key))
    if (row && row.sha256 !== sha256) problems.push(`not what its row says: ${key}`)
    if (row && row.size !== statSync(join(storage, key)).size) problems.push(`not of its row's size: ${key}`)
    if (!row && key.includes('/submitted/') && !known.sent.has(sha256)) problems.push(`partial file: ${key}`)
    if (row) known.checked.add(key)
  }
  return { rows: rows.length, files: files.length, orphans, partials: filesBelow(partials).length, problems }
}

interface Row {
  key: string
  size: number
  sha256: string
}

async function rowsOf(databaseUrl: string): Promise<Row[]> {
  const env = { NBEX_USER_PLUGIN: 'proxy-header', NBEX_DB_URL: databaseUrl }
  const { config } = await loadConfig({ args: [], cwd: '/', systemFolder: '/', env })
  const database = await openDatabase({ url: config.database })
  try {
    const kinds = { submitted: 'submissions', released: 'releases', feedback: 'feedback' } as const
    const rows: Row[] = []
    for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
      const found = await database
        .selectFrom(kinds[kind])
        .select(['org_id', 'id', 'size', 'sha256'])
        .execute()
      for (const { org_id, id, size, sha256 } of found) {
        rows.push({ key: fileKey({ orgId: org_id, kind, id }), size, sha256 })
      }
    }
    return rows
  } finally {
    await database.destroy()
  }
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
