import { createHash } from 'node:crypto'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type LivedIn, livedIn } from './moving-in/lived-in.ts'
import { runCommand } from './run-command.ts'

let house: LivedIn
beforeEach(async () => {
  house = await livedIn()
})
afterEach(() => house.close())

/** Works on the database as an accident or somebody with a shell could. */
function onSqlite<T>(work: (database: Sqlite.Database) => T): T {
  const database = new Sqlite(join(house.folder, 'nbexchange.db'))
  try {
    return work(database.unsafeMode())
  } finally {
    database.close()
  }
}

const rowsOf = (query: string) =>
  onSqlite((database) => database.prepare(query).all() as Record<string, unknown>[])

/** Gives files like this one rows: submissions of the same student, as if handed in one microsecond after the other. */
function giveRows(paths: readonly string[]): void {
  const [like] = rowsOf('select * from submissions order by stated_at desc limit 1')
  if (!like) throw new Error('nothing was handed in')
  const names = Object.keys(like)
  onSqlite((database) => {
    const insert = database.prepare(
      `insert into submissions (${names}) values (${names.map((name) => `@${name}`)})`,
    )
    database.transaction(() => {
      for (const [index, path] of paths.entries()) {
        const later = ['stated_at', 'received_at', 'effective_at', 'position'].flatMap((name) =>
          name in like ? [[name, Number(like[name]) + index + 1] as const] : [],
        )
        const bytes = readFileSync(path)
        const sha256 = createHash('sha256').update(bytes).digest('hex')
        insert.run({ ...like, id: basename(path), ...Object.fromEntries(later), size: bytes.length, sha256 })
      }
    })()
  })
}

/** Paths of what was handed in for `bio` of organisation 1. */
function submissions(): string[] {
  return rowsOf(`select s.id from submissions s join assignments a on a.id = s.assignment_id
    join courses c on c.id = a.course_id where c.org_id = 1 and c.code = 'bio' order by s.id`).map(({ id }) =>
    join(house.storage, '1/submitted', String(id).slice(0, 2), String(id)),
  )
}

const keyOf = (path: string) => path.slice(house.storage.length + 1)

async function verified(...flags: string[]) {
  const { code, stdout } = await house.run('verify', '--json', ...flags)
  return { code, report: JSON.parse(stdout) }
}

describe('verify', () => {
  test('reads every file and finds a sound house clean', async () => {
    const { code, report } = await verified()
    expect(code).toBe(0)
    expect(report).toMatchObject({ clean: true, damaged: [], database: [], files: { checked: 12 } })
  })

  test('tells what the database finds wrong in itself', async () => {
    onSqlite((database) =>
      database.exec(`pragma foreign_keys = off; delete from users where name = 'kim'; create table lost (page text);
        pragma writable_schema = on; delete from sqlite_schema where name = 'lost'`),
    )
    const { code, report } = await verified()
    expect([code, report.clean]).toEqual([3, false])
    expect(report.database).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/never used/),
        expect.stringMatching(/^row \d+ of submissions points to nothing in users$/),
      ]),
    )
    expect((await house.run('verify')).stdout).toMatch(/^database {2}row \d+ of submissions/m)
  })

  test('takes a file in the folder of another organisation for litter', async () => {
    const [path = ''] = submissions()
    const folder = join(house.storage, '2/submitted', basename(path).slice(0, 2))
    mkdirSync(folder, { recursive: true })
    const copy = join(folder, basename(path))
    writeFileSync(copy, readFileSync(path))
    utimesSync(copy, 1, 1)
    expect((await verified()).report).toMatchObject({ clean: true, litter: { files: 1 } })
  })

  test('tells of a file without a row only when it is older than a day', async () => {
    litter(house.storage, 'young')
    expect((await verified()).report.litter.files).toBe(0)
    litter(house.storage, 'old', 2)
    const { code, report } = await verified()
    expect([code, report.litter.files]).toEqual([0, 1])
  })

  test('leaves its result in readiness and metrics', async () => {
    const root = new URL(house.service.url).origin
    const ready = async () => (await fetch(`${root}/health/ready`)).json()
    expect(await ready()).toMatchObject({ last_verify: null })
    rmSync(submissions()[0] ?? '')
    await verified()
    expect(await ready()).toMatchObject({ status: 'ok', last_verify: { clean: false, damaged: 1 } })
    expect(await (await fetch(`${root}/metrics`)).text()).toMatch(/^nbexchange_verify_damaged_files 1$/m)
    rmSync(submissions()[1] ?? '')
    await verified()
    expect(await ready()).toMatchObject({ last_verify: { damaged: 2 } })
  })

  test('--subset reads a share, and refuses what is no share', async () => {
    expect((await verified('--subset=100%')).report.files.checked).toBe(12)
    const { code, stderr } = await house.run('verify', '--subset=many')
    expect([code, stderr]).toEqual([1, 'nbexchange: --subset: must be a share such as 1% or 50%, not many\n'])
  })
})

/** A file that no row names, `days` old. */
function litter(storage: string, name: string, days = 0): string {
  const hex = createHash('sha256').update(name).digest('hex')
  const id = `${hex.slice(0, 8)}-0000-4000-8000-${hex.slice(8, 20)}`
  const folder = join(storage, '1/submitted', id.slice(0, 2))
  mkdirSync(folder, { recursive: true })
  const path = join(folder, id)
  writeFileSync(path, 'litter')
  const at = Date.now() / 1000 - days * 86_400
  utimesSync(path, at, at)
  return path
}

describe('sweep', () => {
  const swept = async (...flags: string[]) => {
    const { code, stderr, stdout } = await house.run('sweep', '--json', ...flags)
    return { code, stderr, report: stdout === '' ? null : JSON.parse(stdout) }
  }
  const there = (path: string) => readdirSync(join(path, '..')).includes(path.split('/').at(-1) ?? '')

  test('without --yes only tells', async () => {
    const path = litter(house.storage, 'old', 2)
    for (let round = 0; round < 2; round++) {
      const { report } = await swept('--quarantine=0s')
      expect(report).toMatchObject({
        dry_run: true,
        litter: { files: 1 },
        quarantined: 1,
        removed: { files: 0 },
      })
    }
    expect(there(path)).toBe(true)
  })

  test('leaves a young file alone, quarantines an old one, and removes it only later', async () => {
    const young = litter(house.storage, 'young')
    const old = litter(house.storage, 'old', 2)
    expect((await swept('--yes', '--force')).report).toMatchObject({ quarantined: 1, removed: { files: 0 } })
    expect((await swept('--yes', '--force')).report).toMatchObject({ quarantined: 0, removed: { files: 0 } })
    expect((await swept('--yes', '--force', '--quarantine=0s')).report).toMatchObject({
      removed: { files: 1 },
    })
    expect([there(young), there(old)]).toEqual([true, false])
    expect((await verified()).report).toMatchObject({ clean: true, files: { checked: 12 } })
  })

  test('refuses to touch more than a tenth of the files without --force', async () => {
    litter(house.storage, 'old', 2)
    expect((await swept('--yes')).code).toBe(0)
    litter(house.storage, 'odd', 2)
    const { code, stderr } = await swept('--yes')
    expect(code).toBe(1)
    expect(stderr).toBe(
      'nbexchange: 2 of 14 files belong to no row: is this the right database? --force sweeps all the same.\n',
    )
  })

  test('looks once more, at the last moment, whether a file has got its row', async () => {
    const path = litter(house.storage, 'late', 2)
    await swept('--yes')
    const seen: string[] = []
    const writeError = (text: string) => {
      seen.push(text)
      // The end of the bar: everything was listed, and nothing was removed yet.
      if (text === '\n') giveRows([path])
    }
    const { code, stdout } = await runCommand(['sweep', '--yes', '--quarantine=0s', '--json'], {
      cwd: house.folder,
      env: house.settings,
      terminal: { columns: 80, writeError },
    })
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { litter: { files: 1 }, removed: { files: 0 } }])
    expect(seen).toContain('\n')
    expect((await verified()).report).toMatchObject({ clean: true, files: { checked: 13 } })
  })

  test('in a loop beside hand-ins, even without grace, removes litter and nothing that was acknowledged', async () => {
    const old = ['one', 'two', 'three'].map((name) => litter(house.storage, name, 2))
    await swept('--yes', '--force')
    onSqlite((database) => database.exec('update quarantine set since = 1'))
    let going = true
    const removed = (async () => {
      let files = 0
      while (going) {
        const { report, stderr } = await swept('--yes', '--force', '--grace=0s', '--quarantine=5s')
        expect(stderr).toBe('')
        files += report.removed.files
      }
      return files
    })()
    for (let count = 0; count < 40; count++) await house.handIn(`number ${count}`)
    going = false
    expect(await removed).toBe(3)
    expect(old.map(there)).toEqual([false, false, false])
    expect((await verified()).report).toMatchObject({ clean: true, files: { checked: 52 } })
  })

  test('and verify go through more files than are read at a time', async () => {
    const paths = Array.from({ length: 1_100 }, (_, index) => litter(house.storage, String(index), 2))
    expect((await verified()).report).toMatchObject({ clean: true, litter: { files: 1_100 } })
    expect((await swept('--yes', '--force')).report).toMatchObject({ files: 1_112, quarantined: 1_100 })
    giveRows(paths)
    expect((await swept('--yes')).report).toMatchObject({ litter: { files: 0 }, released: 1_100 })
    expect(rowsOf('select * from quarantine')).toEqual([])
    for (const path of paths) appendFileSync(path, 'x')
    const { report } = await verified()
    expect(report.files.checked).toBe(1_112)
    expect(report.damaged.map(({ key }: { key: string }) => key)).toEqual(paths.map(keyOf).sort())
  })
})
