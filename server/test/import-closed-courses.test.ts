import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { upsertCourse } from '../src/db/courses.ts'
import { FIXTURE } from './moving-in/old-service.ts'
import { onDatabase } from './on-database.ts'
import { runCommand } from './run-command.ts'

let folder: string
const url = () => `sqlite:///${join(folder, 'nbexchange.db')}`

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbexchange-import-'))
  cpSync(FIXTURE, join(folder, 'old'), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Report {
  taken: Record<string, number>
  skipped: { what: string; reason: string }[]
}

async function importOld(...flags: string[]): Promise<Report> {
  const from = [`--from-db=sqlite:///${folder}/old/exchange.db`, `--from-storage=${folder}/old/storage`]
  const { stdout } = await runCommand(['import', ...from, '--json', ...flags], {
    cwd: folder,
    env: { NBEX_DB_URL: url(), NBEX_BASE_STORAGE_LOCATION: join(folder, 'storage') },
  })
  return JSON.parse(stdout)
}

/** `bio` of organisation 1 ends. */
async function close(): Promise<void> {
  await onDatabase(url(), (database) =>
    database
      .updateTable('courses')
      .set({ closed_at: 5 })
      .where('code', '=', 'bio')
      .where('org_id', '=', 1)
      .execute(),
  )
}

/** The courses with the code `bio` in organisation 1. */
function courses() {
  return onDatabase(url(), (database) =>
    database
      .selectFrom('courses')
      .leftJoin('assignments', 'assignments.course_id', 'courses.id')
      .select(['courses.closed_at', (eb) => eb.fn.count('assignments.id').as('assignments')])
      .where('courses.code', '=', 'bio')
      .where('courses.org_id', '=', 1)
      .groupBy('courses.id')
      .orderBy('courses.closed_at')
      .execute(),
  )
}

/** What the old service got after the first import: a new title, an assignment. */
function goOn(): void {
  const old = new Sqlite(join(folder, 'old/exchange.db'))
  old.exec(`update course set course_title = 'later';
    insert into assignment (assignment_code, active, course_id)
    select 'later', 1, id from course`)
  old.close()
}

const LEFT = expect.objectContaining({
  what: 'course bio of organisation 1',
  reason: expect.stringContaining('closed'),
})

describe('an import again into a house where a course of it was closed', () => {
  beforeEach(async () => {
    await importOld()
    await close()
    goOn()
  })

  test('writes nothing into it and does not open it anew, and says so, before and after', async () => {
    const taken: unknown[] = []
    for (const flags of [['--dry-run'], [], ['--dry-run']]) {
      const report = await importOld(...flags)
      expect(report.skipped).toContainEqual(LEFT)
      taken.push(report.taken.assignments)
    }
    // Of the two other courses of the source.
    expect(taken).toEqual([2, 2, 0])
    expect(await courses()).toEqual([{ closed_at: 5, assignments: 3 }])
  })

  test('does not mix it with the one that has its code now', async () => {
    await onDatabase(url(), (database) =>
      upsertCourse(database, { orgId: 1, code: 'bio', title: null, at: Date.now() * 1000 }),
    )
    expect((await importOld()).skipped).toContainEqual(LEFT)
    expect(await courses()).toEqual([
      { closed_at: 0, assignments: 0 },
      { closed_at: 5, assignments: 3 },
    ])
  })
})

test('an import for the first time goes into the open course, whatever was closed before', async () => {
  const { code } = await runCommand(['migrate'], { cwd: folder, env: { NBEX_DB_URL: url() } })
  expect(code).toBe(0)
  await onDatabase(url(), (database) => upsertCourse(database, { orgId: 1, code: 'bio', title: null, at: 1 }))
  await close()
  await onDatabase(url(), (database) => upsertCourse(database, { orgId: 1, code: 'bio', title: null, at: 6 }))
  expect((await importOld()).skipped).not.toContainEqual(LEFT)
  expect(await courses()).toEqual([
    { closed_at: 0, assignments: 3 },
    { closed_at: 5, assignments: 0 },
  ])
})
