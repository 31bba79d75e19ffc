import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, rowsOn, runOn, thisDatabase } from '../databases.ts'
import { crowdedFixture } from '../moving-in/old-service.ts'
import { runCommand } from '../run-command.ts'

/** The tables as nbexchange 1.5 makes them on its servers. */
const COLUMNS = {
  user: 'id integer, name varchar(200), full_name text, org_id integer, email text, lms_user_id text',
  course: 'id integer, org_id integer, course_code varchar(200), course_title varchar(200)',
  assignment: 'id integer, assignment_code text, active boolean, course_id integer',
  subscription: 'id integer, user_id integer, course_id integer, role text',
  notebook: 'id integer, name varchar(128), assignment_id integer',
  action: `id integer, user_id integer, assignment_id integer, action ENUM, location varchar(200),
    checksum varchar(200), timestamp TIME`,
  feedback_2: `id integer, notebook_id integer, instructor_id integer, student_id integer, location varchar(200),
    checksum varchar(200), timestamp TIME, created_at TIME`,
}
const ACTIONS =
  "('released', 'fetched', 'submitted', 'removed', 'collected', 'feedback_released', 'feedback_fetched')"
const kind = thisDatabase()
const quote = (name: string) => (kind === 'mysql' ? `\`${name}\`` : `"${name}"`)

function literal(value: unknown, type: string): string {
  if (value === null) return 'null'
  if (type === 'boolean') return value === 1 ? 'true' : 'false'
  return typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`
}

async function copyTo(url: string, file: string): Promise<void> {
  const old = new Sqlite(file, { readonly: true })
  if (kind === 'postgres') await runOn(url, `create type actions as enum ${ACTIONS}`)
  for (const [table, columns] of Object.entries(COLUMNS)) {
    const typed = columns
      .replace('ENUM', kind === 'mysql' ? `enum ${ACTIONS}` : 'actions')
      .replace('TIME', kind === 'mysql' ? 'datetime(6)' : 'timestamp')
      .replace('TIME', kind === 'mysql' ? 'timestamp(6) null' : 'timestamp with time zone')
    const rest = kind === 'mysql' ? ' character set utf8mb4' : ''
    await runOn(
      url,
      `create table ${quote(table)} (${typed.replaceAll(/\btimestamp (?=d|t)/g, `${quote('timestamp')} `)})${rest}`,
    )
    const types = Object.fromEntries(
      columns.split(',').map((column) => column.trim().split(' ') as [string, string]),
    )
    const names = Object.keys(types)
    const rows = old.prepare(`select * from ${table} order by id desc`).all() as Record<string, unknown>[]
    const tuples = rows.map((row) => {
      const values = names.map((name) => {
        const value = row[name] ?? null
        const zoned = name === 'created_at' && kind === 'postgres' && value !== null ? `${value}+00` : value
        return literal(zoned, types[name] ?? '')
      })
      return `(${values.join(', ')})`
    })
    const inUtc = kind === 'mysql' ? "set time_zone = '+00:00'" : "set time zone 'UTC'"
    const columnNames = names.map(quote).join(', ')
    await rowsOn(url, [inUtc, `insert into ${quote(table)} (${columnNames}) values ${tuples.join(', ')}`])
  }
  old.close()
}

describe('an nbexchange 1.5 on a database server', () => {
  let folder: string
  let source: { url: string; drop(): Promise<unknown> }
  let target: { url: string; drop(): Promise<unknown> }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nbexchange-source-'))
    source = await freshDatabase(folder)
    target = await freshDatabase(folder)
    crowdedFixture(join(folder, 'old'))
    await copyTo(source.url, join(folder, 'old/exchange.db'))
  })
  afterAll(async () => {
    await source.drop()
    await target.drop()
    rmSync(folder, { recursive: true })
  })

  test('is taken over as from SQLite, with every time to the microsecond', async () => {
    const importInto = async (url: string, from: string) => {
      const storage = `--from-storage=${folder}/old/storage`
      const env = { NBEX_DB_URL: url, NBEX_BASE_STORAGE_LOCATION: join(folder, `storage-${from.length}`) }
      const { stderr, stdout } = await runCommand(['import', `--from-db=${from}`, storage, '--json'], {
        cwd: folder,
        env,
      })
      expect(stderr).toBe('')
      const { already, files, skipped, taken } = JSON.parse(stdout)
      const log = await runCommand(['audit'], { cwd: folder, env })
      const done = log.stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
        .map(({ action, at, course, student, user }) => [at, action, course, user, student])
      return { already, files, skipped, taken, done }
    }
    const sqlite = await importInto(`sqlite:///${folder}/new.db`, `sqlite:///${folder}/old/exchange.db`)
    const server = await importInto(target.url, source.url)
    expect(server).toEqual(sqlite)
    expect(server.done).toHaveLength(68)
  })
})
