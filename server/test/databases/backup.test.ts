import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { ALL_TABLES, COPIED_TABLES } from '../../src/db/all-tables.ts'
import { openSnapshot } from '../../src/db/snapshot.ts'
import { freshDatabase, runOn } from '../databases.ts'
import { fillWhatNothingWrites } from '../every-table.ts'
import { type LivedIn, livedIn, student, teacher } from '../moving-in/lived-in.ts'
import { onDatabase } from '../on-database.ts'
import { runCommand } from '../run-command.ts'
import { startTestService } from '../start.ts'

let house: LivedIn
let elsewhere: string
let fresh: { url: string; drop(): Promise<unknown> }

beforeEach(async () => {
  house = await livedIn()
  elsewhere = mkdtempSync(join(tmpdir(), 'nbexchange-elsewhere-'))
  fresh = await freshDatabase(elsewhere)
})
afterEach(async () => {
  await house.close()
  await fresh.drop()
  rmSync(elsewhere, { recursive: true })
})

const settings = () => ({ NBEX_DB_URL: fresh.url, NBEX_BASE_STORAGE_LOCATION: join(elsewhere, 'storage') })
const folder = () => join(house.folder, 'backup')
const backup = async () => {
  const { code, stdout } = await house.run('backup', folder(), '--json')
  return { code, ...JSON.parse(stdout) }
}
const restore = (...flags: string[]) =>
  runCommand(['restore', folder(), ...flags], { cwd: elsewhere, env: settings() })

const snapshots = () => readdirSync(join(folder(), 'snapshots'))
const url = () => house.settings.NBEX_DB_URL ?? ''
const purge = (...flags: string[]) => house.run('purge', '--older-than=0s', '--yes', '--reason=law', ...flags)

/** Every row of every table that a backup holds, but for what was run when. */
async function rowsOf(database: string): Promise<Record<string, Record<string, unknown>[]>> {
  const tables = COPIED_TABLES.filter(({ table }) => table !== 'chores')
  const entries: [string, Record<string, unknown>[]][] = []
  for (const { key, table } of tables) {
    entries.push([table, await runOn(database, `select * from ${table} order by ${key.join(', ')}`)])
  }
  return Object.fromEntries(entries)
}

/** The tables without a row, and the columns without a value. */
function emptyIn(tables: Record<string, Record<string, unknown>[]>): string[] {
  return Object.entries(tables).flatMap(([table, rows]) => {
    const [first] = rows
    if (!first) return [table]
    const isEmpty = (column: string) => rows.every((row) => row[column] === null)
    return Object.keys(first)
      .filter(isEmpty)
      .map((column) => `${table}.${column}`)
  })
}

describe('a backup', () => {
  test('restored elsewhere is the same to the last row, verified clean, and answers as the original did', async () => {
    expect((await purge('--org=2')).code).toBe(0)
    await onDatabase(url(), fillWhatNothingWrites)
    expect(await backup()).toMatchObject({ code: 0, copied: 10, kept: 0, damaged: [] })
    const { code, stderr, stdout } = await restore('--json')
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout).verified).toMatchObject({ damaged: [], database: [], files: { checked: 10 } })
    const was = await rowsOf(url())
    expect(await rowsOf(fresh.url)).toEqual(was)
    expect(emptyIn(was)).toEqual([])
    const written = readdirSync(folder(), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    for (const { name, parentPath } of written) {
      expect(readFileSync(join(parentPath, name), 'latin1').includes('SECRET-KEY'), name).toBe(false)
    }
    expect(await runOn(fresh.url, 'select name, report from chores')).toEqual(
      await runOn(url(), "select name, report from chores where name = 'purge'"),
    )
    const log = ['audit', '--action=dates_set']
    const audited = await runCommand(log, { cwd: elsewhere, env: settings() })
    expect(audited).toEqual(await house.run(...log))
    expect(JSON.parse(audited.stdout)).toMatchObject({
      course: 'bio',
      assignment: null,
      user: 'tess',
      token: 'nightly 夜',
      detail: { by: 'sync', was: [1, null] },
    })
    const copy = await startTestService(settings())
    try {
      for (const [who, path] of [
        [teacher, 'submissions?feedback=true'],
        [teacher, 'history'],
        [student, 'me/submissions'],
        [student, 'assignments'],
      ] as const) {
        const [before, after] = await Promise.all(
          [house.service, copy].map(async (service) => (await service.api(who, path)).json()),
        )
        expect(after).toEqual(before)
      }
      const made = await copy.api(student, 'courses/bio/assignments/ps1', {})
      expect(made.status).toBe(200)
      const unreleased = await copy.api(teacher, 'courses/bio/assignments/ps1', { method: 'DELETE' })
      expect(unreleased.status).toBe(200)
    } finally {
      await copy.close()
    }
  })

  test('holds every table but what is known anew each time', async () => {
    const tables = await onDatabase(url(), (database) => database.introspection.getTables())
    const names = tables.map(({ name }) => name).sort()
    expect(names).toEqual(['migrations', ...Object.keys(ALL_TABLES)].sort())
    const held = COPIED_TABLES.map(({ table }) => String(table))
    expect(names.filter((name) => !held.includes(name))).toEqual(['migrations', 'quarantine', 'signing_keys'])
  })

  test('made again copies only what is new or was cut, and each snapshot can be restored', async () => {
    const { snapshot } = await backup()
    await house.handIn('fourth')
    const copies = join(folder(), 'files/1/submitted')
    const [cut = ''] = readdirSync(copies, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.length > 30,
    )
    truncateSync(join(copies, cut), 2)
    expect(await backup()).toMatchObject({ code: 0, copied: 2, kept: 11, damaged: [] })
    const { stdout } = await restore('--json', `--snapshot=${snapshot}`)
    expect(JSON.parse(stdout)).toMatchObject({
      copied: { damaged: [] },
      verified: { files: { checked: 12 } },
    })
  })

  test('that was cut before its last file is none, and the next one clears it away', async () => {
    // What the files would be written to is no folder: the disk of the backup fails.
    await house.run('backup', folder())
    const [whole] = snapshots()
    rmSync(join(folder(), 'files'), { recursive: true })
    writeFileSync(join(folder(), 'files'), '')
    const { code, stderr } = await house.run('backup', folder(), '--json')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^nbexchange: .*(EEXIST|ENOTDIR)/)])
    expect(snapshots()).toEqual([whole, expect.stringMatching(/^unfinished-/)])
    rmSync(join(folder(), 'snapshots', whole ?? ''), { recursive: true })
    expect((await restore()).stderr).toMatch(/has no snapshot : it has none\.$/m)
    rmSync(join(folder(), 'files'))
    expect((await backup()).code).toBe(0)
    expect(snapshots()).toEqual([expect.stringMatching(/^\d/)])
    expect((await restore()).code).toBe(0)
  })

  test('made during hand-ins names no file that it does not have', async () => {
    let going = true
    const storm = (async () => {
      for (let count = 0; going; count++) await house.handIn(`storm ${count}`)
    })()
    const reports = [await backup(), await backup()]
    going = false
    await storm
    expect(reports.map(({ damaged }) => damaged)).toEqual([[], []])
    expect((await restore()).code).toBe(0)
  })

  test('is of one instant, however long it takes to read', async () => {
    const { config } = await loadConfig({
      args: [],
      cwd: house.folder,
      systemFolder: house.folder,
      env: { NBEX_USER_PLUGIN: 'proxy-header', ...house.settings },
    })
    const snapshot = await openSnapshot(config.database)
    try {
      const ids = async (table: string) => {
        const rows: unknown[] = []
        const wanted = { table, columns: ['id'], key: ['id'], as: 'value' } as const
        for await (const row of snapshot.rows(wanted)) rows.push(row.id)
        return rows
      }
      await ids('users')
      const late = await house.handIn('late')
      expect(await ids('submissions')).toHaveLength(6)
      expect(await ids('submissions')).not.toContain(late)
    } finally {
      await snapshot.close()
    }
  })

  test('names a file that is damaged, and exits with 3', async () => {
    const submitted = join(house.storage, '1/submitted')
    const name = readdirSync(submitted, { recursive: true, encoding: 'utf8' }).find(
      (path) => path.length > 30,
    )
    rmSync(join(submitted, name ?? ''))
    const { code, damaged } = await backup()
    expect([code, damaged.map(({ key }: { key: string }) => key)]).toEqual([3, [`1/submitted/${name}`]])
  })

  test('is not restored over anything, and not when its tables were changed', async () => {
    const { snapshot } = await backup()
    expect((await restore()).code).toBe(0)
    const refused = 'nbexchange: The database is not empty: name an empty one in dbUrl.\n'
    expect((await restore()).stderr).toBe(refused)
    const database = await freshDatabase(join(elsewhere, 'other'))
    const other = { ...settings(), NBEX_DB_URL: database.url }
    const run = (...args: string[]) => runCommand(args, { cwd: elsewhere, env: other })
    expect((await run('verify', '--json')).stdout).toContain('"damaged": []')
    expect((await run('restore', folder())).stderr).toBe(refused)
    await database.drop()
    writeFileSync(join(folder(), 'snapshots', snapshot, 'users.jsonl'), '')
    expect((await restore()).stderr).toMatch(/users\.jsonl of this backup is not what was written/)
  })
})
