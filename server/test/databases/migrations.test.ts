import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { migrate, pendingMigrations } from '../../src/db/migrate.ts'
import { MIGRATIONS } from '../../src/db/migrations/index.ts'
import { compileCache } from '../compile-cache.ts'
import { freshDatabase } from '../databases.ts'
import { onDatabase } from '../on-database.ts'
import { archive, person, startTestService, upload } from '../start.ts'
import { cutMigrations } from './cut-migrations.ts'

const NAMES = MIGRATIONS.map(({ name }) => name)
const MAIN = join(import.meta.dirname, '../../src/main.ts')
const DYING = join(import.meta.dirname, 'migrate-and-die.ts')

let folder: string
let fresh: { url: string; drop(): Promise<unknown> }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nbexchange-migrations-'))
  fresh = await freshDatabase(folder)
})
afterEach(async () => {
  await fresh.drop()
  rmSync(folder, { recursive: true })
})

describe('a database', () => {
  test('that is newer than the program is refused', async () => {
    await onDatabase(fresh.url, async (database) => {
      await migrate(database)
      await sql`insert into migrations values ('999-later', 1)`.execute(database)
    })
    await expect(start()).rejects.toThrow('which this version does not know: run the newer nbexchange')
  })

  test('that holds tables of somebody else is refused and left alone', async () => {
    await onDatabase(fresh.url, (database) => sql`create table poems (line integer)`.execute(database))
    await expect(start()).rejects.toThrow('tables that are not ours. Name an empty database in dbUrl.')
  })

  test('of nbexchange 1.x is refused with a pointer to the way here', async () => {
    await onDatabase(fresh.url, async (database) => {
      await sql`create table alembic_version (version_num varchar(32))`.execute(database)
      await sql`create table assignment (id integer)`.execute(database)
    })
    await expect(start()).rejects.toThrow('nbexchange 1.x or 2.x: see docs/moving-from-1.x.md')
  })

  test('that is not up to date does not serve when upgradeDb is off', async () => {
    await expect(start({ NBEX_UPGRADE_DB: 'false' })).rejects.toThrow('run `nbexchange migrate`')
    await onDatabase(fresh.url, async (database) => expect(await pendingMigrations(database)).toEqual(NAMES))
  })
})

describe('migrate', () => {
  test('--dry-run names what would run and changes nothing', async () => {
    expect((await run([MAIN, 'migrate', '--dry-run'])).output).toBe(
      NAMES.map((name) => `pending ${name}\n`).join(''),
    )
    await onDatabase(fresh.url, async (database) => expect(await pendingMigrations(database)).toEqual(NAMES))
  })

  test('in several processes at once runs each migration once', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => run([MAIN, 'migrate'])))
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0])
    const ran = runs.flatMap(({ output }) => output.match(/^ran .*$/gm) ?? [])
    expect(ran).toEqual(NAMES.map((name) => `ran ${name}`))
  })

  test('that is cut off after any of its statements goes on when it is run again', async () => {
    const tablesAfter = async (url: string) =>
      onDatabase(url, async (database) => {
        await migrate(database)
        return database.introspection.getTables()
      })
    const wanted = (await tablesAfter(fresh.url)).map(({ columns, name }) =>
      expect.objectContaining({ name, columns }),
    )
    let statements = 0
    for await (const url of cutMigrations()) {
      statements += 1
      expect(await tablesAfter(url), `after statement ${statements}`).toEqual(wanted)
    }
    expect(statements).toBeGreaterThan(10)
  })

  test('that is killed goes on when the service starts, which then takes what is handed in', async () => {
    expect((await run([DYING, '10'])).code).toBe(null)
    await handInAndRead()
  })
})

/** What the database can after all this. */
async function handInAndRead(): Promise<void> {
  const service = await start()
  try {
    const teacher = person('ina', 'Instructor')
    await service.api(teacher, 'courses/bio/assignments/ps1/releases?notebook=p1', upload(archive('r')))
    const path = 'courses/bio/assignments/ps1/submissions'
    const answer = await service.api(person('zoe', 'Student'), path, upload(archive('s')))
    expect(answer.status).toBe(201)
  } finally {
    await service.close()
  }
}

function start(settings: Record<string, string> = {}) {
  return startTestService({ NBEX_DB_URL: fresh.url, ...settings })
}

function environment(): Record<string, string> {
  return { NBEX_USER_PLUGIN: 'proxy-header', NBEX_DB_URL: fresh.url }
}

/** Runs a program of ours to its end. */
async function run(args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...compileCache, ...environment() } })
  const [output, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ])
  if (code !== 0 && code !== null) throw new Error(error)
  return { code, output }
}
