import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FileTable, StoredFile } from '../../db/stored-files.ts'
import { createMetrics } from '../../metrics.ts'
import { FileStore } from '../../storage/file-store.ts'
import { createStorage } from '../../storage/index.ts'
import { readableTime } from './readable-names.ts'

/**
 * A backup is a folder: `files/` holds every file once, `snapshots/<time>/` one state of the database, a table a
 * file, a row a line. A snapshot gets its name when all its files are there.
 */
export interface Manifest {
  format: 1
  version: string
  made_at: string
  migrations: string[]
  tables: Record<string, { rows: number; sha256: string }>
}

const MANIFEST = 'manifest.json'

export function filesIn(folder: string): FileStore {
  const metrics = createMetrics()
  const driver = createStorage({ kind: 'filesystem', root: join(folder, 'files') }, { metrics })
  return new FileStore({ driver, metrics, settings: { maxBufferSize: Number.MAX_SAFE_INTEGER } })
}

/** The names of the snapshots that are whole, oldest first. */
export async function listSnapshots(folder: string): Promise<string[]> {
  try {
    const names = await readdir(join(folder, 'snapshots'))
    return names.filter((name) => /^\d/.test(name)).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** A snapshot that is being written. */
export class NewSnapshot {
  readonly tables: Manifest['tables'] = {}
  readonly name: string
  readonly #folder: string
  readonly #path: string

  constructor(folder: string, at: number) {
    this.name = readableTime(at)
    this.#folder = join(folder, 'snapshots')
    this.#path = join(this.#folder, `unfinished-${this.name}`)
  }

  get path(): string {
    return this.#path
  }

  async begin(): Promise<void> {
    await mkdir(this.#path, { recursive: true, mode: 0o750 })
    const names = await readdir(this.#folder)
    const unfinished = names.filter((name) => name.startsWith('unfinished-') && !this.#path.endsWith(name))
    for (const name of unfinished) await rm(join(this.#folder, name), { recursive: true })
  }

  async writeTable(table: string, rows: AsyncIterable<unknown>): Promise<void> {
    const hash = createHash('sha256')
    let count = 0
    const handle = await open(join(this.#path, `${table}.jsonl`), 'w', 0o640)
    try {
      for await (const row of rows) {
        const line = `${JSON.stringify(row)}\n`
        hash.update(line)
        count += 1
        await handle.appendFile(line)
      }
      await handle.datasync()
    } finally {
      await handle.close()
    }
    this.tables[table] = { rows: count, sha256: hash.digest('hex') }
  }

  async finish(manifest: Manifest): Promise<void> {
    const handle = await open(join(this.#path, MANIFEST), 'w', 0o640)
    try {
      await handle.writeFile(`${JSON.stringify(manifest, null, 2)}\n`)
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await rename(this.#path, join(this.#folder, this.name))
    const folder = await open(this.#folder, 'r')
    await folder.sync().finally(() => folder.close())
  }
}

/** The manifest of a snapshot whose tables are what it says. Throws for anything else. */
export async function readManifest(path: string): Promise<Manifest> {
  const manifest = JSON.parse(await readFile(join(path, MANIFEST), 'utf8')) as Manifest
  if (manifest.format !== 1) throw new Error('This backup is of a format that is not known here.')
  for (const [table, { sha256 }] of Object.entries(manifest.tables)) {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(join(path, `${table}.jsonl`))) hash.update(chunk)
    if (hash.digest('hex') !== sha256) {
      throw new Error(`${table}.jsonl of this backup is not what was written.`)
    }
  }
  return manifest
}

/** The rows of a table of a snapshot; none where the snapshot has no such table. */
export async function* rowsIn(
  path: string,
  table: string,
): AsyncGenerator<Record<string, string | number | null>> {
  const lines = createInterface({ input: createReadStream(join(path, `${table}.jsonl`)) })
  for await (const line of lines) yield JSON.parse(line)
}

const FILES: readonly { table: string; kind: FileTable }[] = [
  { table: 'releases', kind: 'released' },
  { table: 'submissions', kind: 'submitted' },
  { table: 'feedback', kind: 'feedback' },
]

/** Every file that the rows of a snapshot name, purged ones left out. */
export async function* filesNamedIn(path: string): AsyncGenerator<StoredFile> {
  const purged = new Set<unknown>()
  for await (const row of rowsIn(path, 'erasures')) purged.add(row.file_id)
  for (const { kind, table } of FILES) {
    for await (const { id, org_id, sha256, size } of rowsIn(path, table)) {
      if (purged.has(id)) continue
      yield { kind, id: String(id), orgId: Number(org_id), size: Number(size), sha256: String(sha256) }
    }
  }
}
