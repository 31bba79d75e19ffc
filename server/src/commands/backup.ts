import { resolve } from 'node:path'
import { recordChore } from '../db/chores.ts'
import { copyOut } from '../db/copy.ts'
import { migrationsOf } from '../db/migrate.ts'
import { formatTimestamp } from '../exchange/timestamps.ts'
import type { CommandContext, ExitCode } from './command.ts'
import { inHouse } from './house.ts'
import { filesIn, filesNamedIn, NewSnapshot } from './keeping-house/backup-folder.ts'
import { type Copied, copyFiles } from './keeping-house/copy-files.ts'
import { progressOn } from './progress.ts'
import { inBytes } from './words.ts'

/**
 * Writes the state of the database, and then the files that it names and that the backup does not have. In this
 * order, because files never change: what the snapshot names is there whenever it is copied. Exit code 3 where a
 * file could not be copied whole.
 */
export async function backup(context: CommandContext): Promise<ExitCode | undefined> {
  const { switches, terminal, words } = context
  const folder = resolve(terminal.cwd, words[0] ?? '')
  const progress = progressOn(terminal)
  const { copied, name, rows } = await inHouse(context, async (house) => {
    if (house.config.database.dialect === 'sqlite' && house.config.database.file === ':memory:') {
      throw new Error('A database in memory cannot be backed up.')
    }
    const at = house.now()
    const snapshot = new NewSnapshot(folder, at)
    await snapshot.begin()
    const migrations = await migrationsOf(house.database)
    await copyOut(house.database, {
      url: house.config.database,
      write: (table, lines) => snapshot.writeTable(table, lines),
    })
    const total = ['releases', 'submissions', 'feedback'].reduce(
      (sum, table) => sum + (snapshot.tables[table]?.rows ?? 0),
      0,
    )
    progress.begin('files', total)
    const copied = await copyFiles(filesNamedIn(snapshot.path), {
      from: house.files,
      to: filesIn(folder),
      progress,
    })
    progress.end()
    const made_at = formatTimestamp(at)
    await snapshot.finish({
      format: 1,
      version: terminal.version,
      made_at,
      migrations,
      tables: snapshot.tables,
    })
    const rows = Object.values(snapshot.tables).reduce((sum, table) => sum + table.rows, 0)
    const report = { folder, snapshot: snapshot.name, rows, ...copied }
    await recordChore(house.database, { name: 'backup', at, clean: copied.damaged.length === 0, report })
    return { copied, name: snapshot.name, rows }
  })
  if (switches.has('--json')) {
    terminal.write(`${JSON.stringify({ snapshot: name, rows, ...copied }, null, 2)}\n`)
  } else {
    terminal.write(`Snapshot ${name}: ${rows} rows.\n`)
    writeCopied(context, copied)
  }
  return copied.damaged.length > 0 ? 3 : undefined
}

/** What was copied, for people. */
export function writeCopied({ terminal }: CommandContext, { bytes, copied, damaged, kept }: Copied): void {
  terminal.write(`Copied ${copied} files, ${inBytes(bytes)}; ${kept} were there already.\n`)
  for (const { key, problem } of damaged) terminal.write(`damaged  ${key}: ${problem}\n`)
}
