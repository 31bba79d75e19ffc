import { join, resolve } from 'node:path'
import { COPIED_TABLES } from '../db/all-tables.ts'
import { copyIn, finishCopyIn, isEmpty } from '../db/copy.ts'
import { migrationsOf } from '../db/migrate.ts'
import type { SnapshotRow } from '../db/snapshot.ts'
import { writeCopied } from './backup.ts'
import type { CommandContext, ExitCode } from './command.ts'
import { type House, inHouse } from './house.ts'
import {
  filesIn,
  filesNamedIn,
  listSnapshots,
  type Manifest,
  readManifest,
  rowsIn,
} from './keeping-house/backup-folder.ts'
import { copyFiles } from './keeping-house/copy-files.ts'
import { progressOn } from './progress.ts'
import { isClean, verifyHouse } from './verify.ts'

const PAGE = 500
/** A statement of more characters is refused by some servers. */
const LONGEST = 1_000_000

/**
 * Fills an empty database, of any kind, and a storage from a backup: files first, then rows. Then verifies all of
 * it. Exit code 3 where something is not as it was.
 */
export async function restore(context: CommandContext): Promise<ExitCode | undefined> {
  const { switches, terminal, values, words } = context
  const folder = resolve(terminal.cwd, words[0] ?? '')
  const snapshots = await listSnapshots(folder)
  const name = values.get('--snapshot') ?? snapshots.at(-1)
  if (name === undefined || !snapshots.includes(name)) {
    const known = snapshots.length === 0 ? 'it has none' : `it has ${snapshots.join(', ')}`
    throw new Error(`${folder} has no snapshot ${name ?? ''}: ${known}.`)
  }
  const path = join(folder, 'snapshots', name)
  const manifest = await readManifest(path)
  const progress = progressOn(terminal)
  const { copied, found } = await inHouse(context, async (house) => {
    await requireEmpty(house, manifest)
    progress.begin('files', null)
    const copied = await copyFiles(filesNamedIn(path), { from: filesIn(folder), to: house.files, progress })
    for (const { table } of COPIED_TABLES) {
      if (!(table in manifest.tables)) continue
      progress.begin(table, manifest.tables[table]?.rows ?? 0)
      for await (const rows of pagesOf(rowsIn(path, table))) {
        await copyIn(house.database, { table, rows })
        progress.step(rows.length)
      }
    }
    await finishCopyIn(house.database)
    return { copied, found: await verifyHouse(house, { subset: 1, progress }) }
  })
  if (switches.has('--json')) {
    terminal.write(`${JSON.stringify({ snapshot: name, copied, verified: found }, null, 2)}\n`)
  } else {
    terminal.write(`Restored snapshot ${name}.\n`)
    writeCopied(context, copied)
    for (const { key, problem } of found.damaged) terminal.write(`damaged  ${key}: ${problem}\n`)
    terminal.write(isClean(found) ? 'Verified: everything is as its row says.\n' : 'Something is damaged.\n')
  }
  return isClean(found) ? undefined : 3
}

async function requireEmpty({ database }: House, manifest: Manifest): Promise<void> {
  const known = await migrationsOf(database)
  const unknown = manifest.migrations.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new Error(`The backup was made by a newer nbexchange (${unknown[0]}): run that one.`)
  }
  if (await isEmpty(database)) return
  throw new Error('The database is not empty: name an empty one in dbUrl.')
}

async function* pagesOf(rows: AsyncIterable<SnapshotRow>): AsyncGenerator<SnapshotRow[]> {
  let page: SnapshotRow[] = []
  let characters = 0
  for await (const row of rows) {
    page.push(row)
    for (const value of Object.values(row)) characters += String(value).length
    if (page.length < PAGE && characters < LONGEST) continue
    yield page
    page = []
    characters = 0
  }
  if (page.length > 0) yield page
}
