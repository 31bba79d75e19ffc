import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FIXTURE, OldService, STORAGE_WAS } from './moving-in/old-service.ts'
import { runCommand } from './run-command.ts'
import { archive, person, startTestService, upload } from './start.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbexchange-edges-'))
  cpSync(FIXTURE, join(folder, 'old'), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))

const run = (...args: string[]) =>
  runCommand(args, {
    cwd: folder,
    env: {
      NBEX_DB_URL: `sqlite:///${folder}/new.db`,
      NBEX_BASE_STORAGE_LOCATION: join(folder, 'storage'),
    },
  })

async function imported(...flags: string[]) {
  const from = ['--from-db=sqlite:///old/exchange.db', '--from-storage=old/storage', '--json']
  const { code, stderr, stdout } = await run('import', ...from, ...flags)
  return { code, stderr, report: stdout === '' ? null : JSON.parse(stdout) }
}

/** Changes the old database as only its own service or an accident could. */
function change(...statements: string[]): void {
  const database = new Sqlite(join(folder, 'old/exchange.db'))
  database.pragma('foreign_keys = OFF')
  for (const statement of statements) database.exec(statement)
  database.close()
}

const fileOf = (location: string) => join(folder, 'old/storage', location.slice(STORAGE_WAS.length))

function locationOf(id: number): string {
  const database = new Sqlite(join(folder, 'old/exchange.db'), { readonly: true })
  const row = database.prepare('select location from action where id = ?').get(id) as { location: string }
  database.close()
  return row.location
}

const reasonOf = (report: { skipped: { what: string; reason: string }[] }, what: string) =>
  report.skipped.find((one) => one.what === what)?.reason

describe('what is broken in the source is listed and never guessed', () => {
  test('feedback whose notebook row now belongs to another course', async () => {
    change('update feedback_2 set notebook_id = 4 where id = 3')
    const { code, report } = await imported()
    expect([code, reasonOf(report, 'feedback_2 3')]).toEqual([
      3,
      'its file belongs to something else than 1/feedback/chem é/Übung 1 + 2%',
    ])
    expect(report.taken.feedback).toBe(11)
  })

  test('a row without its file, an empty file, and what was done with them', async () => {
    rmSync(fileOf(locationOf(8)))
    writeFileSync(fileOf(locationOf(9)), '')
    const { report } = await imported()
    expect(reasonOf(report, 'action 8')).toBe('the file is missing')
    expect(reasonOf(report, 'action 9')).toBe('the file is empty')
    expect(reasonOf(report, 'action 15')).toBe('the file that it is about was not taken over')
    expect(report.taken.submitted).toBe(16)
  })

  test('a location that leads out of the storage', async () => {
    change(
      `update action set location = '${STORAGE_WAS}/1/submitted/bio/ps1/../../../../etc/passwd' where id = 8`,
    )
    expect(reasonOf((await imported()).report, 'action 8')).toBe('the path of its file leads elsewhere')
  })

  test('a user of another organisation in a course', async () => {
    change('update action set user_id = 11 where id = 8')
    const { report } = await imported()
    expect(reasonOf(report, 'action 8')).toBe('user 2-xan of organisation 2 in a course of organisation 1')
  })

  test('a row without a time, without a user, of a kind that is not known', async () => {
    change(
      'update action set timestamp = null where id = 8',
      'update action set user_id = null where id = 9',
      "update action set action = 'eaten' where id = 10",
    )
    const { report } = await imported()
    expect([8, 9, 10].map((id) => reasonOf(report, `action ${id}`))).toEqual([
      'it has no time',
      'its user (none) is not there',
      'eaten is no action of the old service',
    ])
  })

  test('a second submission with the time of another one and other content', async () => {
    change("update action set timestamp = '2020-02-01 09:00:00.000000' where id = 13")
    const { report } = await imported()
    expect(reasonOf(report, 'action 13')).toMatch(/^there is another submission with the time 2020-02-01/)
  })

  test('a file of what is called nearly alike, a row that names no file, a member of two organisations', async () => {
    change(
      "update action set location = replace(location, '/bio/ps1/', '/bio/ps10/') where id = 8",
      "update action set location = '' where id = 9",
      'update subscription set user_id = 11 where id = 2',
    )
    const { report } = await imported()
    expect(['action 8', 'action 9', 'subscription 2'].map((what) => reasonOf(report, what))).toEqual([
      'its file belongs to something else than 1/submitted/bio/ps1',
      'it names no file',
      'its user and its course are of two organisations',
    ])
  })

  test('a database that is not of nbexchange', async () => {
    change('drop table feedback_2')
    const { code, stderr } = await imported()
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^nbexchange: This is no database of nbexchange 1.5/),
    ])
  })

  test('files below two folders, unless one is named', async () => {
    change("update action set location = replace(location, '/var/data', '/mnt/data') where id > 60")
    expect((await imported()).stderr).toMatch(/^nbexchange: --storage-was: .* 2 folders/)
    const { report } = await imported(`--storage-was=${STORAGE_WAS}/`)
    expect(reasonOf(report, 'action 61')).toBe(`its file is not below ${STORAGE_WAS}`)
    expect(report.taken.submitted).toBeGreaterThan(10)
  })
})

describe('an import', () => {
  /** Rows of the new database. */
  const here = (query: string) => {
    const database = new Sqlite(join(folder, 'new.db'), { readonly: true })
    const rows = database.prepare(query).all()
    database.close()
    return rows
  }

  test('takes an assignment for released where any of its rows is', async () => {
    change("insert into assignment (id, assignment_code, active, course_id) values (90, 'ps1', 0, 1)")
    await imported()
    const ps1 = `select active from assignments a join courses c on c.id = a.course_id
      where a.code = 'ps1' and c.code = 'bio' and c.org_id = 1`
    expect(here(ps1)).toEqual([{ active: 1 }])
  })

  test('reads the words of the log also with the name of their class before', async () => {
    const { taken } = (await imported('--dry-run')).report
    change("pragma ignore_check_constraints = on; update action set action = 'AssignmentActions.' || action")
    expect((await imported()).report.taken).toEqual(taken)
  })

  test('takes a row for a new one whose number an older one had', async () => {
    await imported()
    change(
      'create table kept as select * from action where id = 14',
      'delete from action where id = 14',
      `insert into action select * from kept`,
      "update action set timestamp = '2026-11-24 08:00:00.000001' where id = 14",
    )
    expect((await imported()).report.taken).toMatchObject({ submitted: 1, actions: 1 })
  })

  test('knows whose feedback was fetched where one file is that of several', async () => {
    change(
      'update feedback_2 set location = (select location from feedback_2 where id = 1) where id = 5',
      'update action set location = (select location from action where id = 31) where id = 36',
    )
    await imported()
    const fetched = "select user_id = student_id as own from actions where action = 'feedback_fetched'"
    expect(here(fetched)).toEqual(Array(8).fill({ own: 1 }))
  })

  test('run again after the cut-over takes only what has come since', async () => {
    await imported()
    change(
      'update assignment set active = 0 where id = 2',
      "update user set email = 'new@example.com' where id = 2",
      `insert into action (user_id, assignment_id, action, location, timestamp)
        select user_id, assignment_id, action, location, '2026-11-24 08:00:00.000001' from action where id = 14`,
    )
    const { report } = await imported()
    expect(report.taken).toEqual({
      users: 1,
      courses: 0,
      members: 0,
      assignments: 1,
      released: 0,
      submitted: 1,
      feedback: 0,
      actions: 1,
    })
  })

  test('takes over work of a time that is still to come, and lists it; what is handed in then is the newest all the same', async () => {
    change("update action set timestamp = '2098-01-01 09:00:00.000000' where id = 13")
    const reason = 'says that it was handed in at 2098-01-01 09:00:00.000000 UTC, which is still to come'
    for (const flags of [['--dry-run'], []]) {
      expect((await imported(...flags)).report.noted).toEqual([{ what: 'action 13', reason }])
    }
    expect((await imported()).report.noted).toEqual([])
    const service = await startTestService({
      NBEX_DB_URL: `sqlite:///${folder}/new.db`,
      NBEX_BASE_STORAGE_LOCATION: join(folder, 'storage'),
    })
    try {
      const place = 'courses/bio/assignments/ps1/submissions'
      const made = await service.api(person('1-sam', 'Student'), place, upload(archive('now')))
      const { id } = (await made.json()) as { id: string }
      const query = 'submissions?course_id=bio&assignment_id=ps1&student=1-sam'
      const list = async (more: string) => {
        const answer = await service.api(person('1-ina', 'Instructor'), query + more)
        return ((await answer.json()) as { submissions: { id: string }[] }).submissions.map((one) => one.id)
      }
      expect(await list('&latest=true')).toEqual([id])
      expect((await list('')).at(-1)).toBe(id)
    } finally {
      await service.close()
    }
  })

  test('that was cut anywhere is finished by the next one', async () => {
    await imported()
    const database = new Sqlite(join(folder, 'new.db'))
    // As after a cut: files are there whose rows are not. A row and its mark come in one transaction.
    database.exec(`drop trigger actions_never_go; delete from actions; delete from imported where state = 'action';
      delete from imported where id in (select id from feedback); delete from feedback;
      delete from imported where id in (select id from submissions where stated_at > 1581000000000000);
      delete from submissions where stated_at > 1581000000000000`)
    database.close()
    const { report } = await imported()
    expect(report.taken).toMatchObject({ users: 0, released: 0, submitted: 12, feedback: 12, actions: 68 })
    const { code, stdout } = await run('verify', '--json')
    expect([code, JSON.parse(stdout).files.checked]).toEqual([0, 39])
  })

  test('--link takes the files over without copying a byte', async () => {
    const { report } = await imported('--link')
    expect(report.files).toMatchObject({ copied: 0, copied_bytes: 0, linked: 39 })
    expect(statSync(fileOf(locationOf(8))).nlink).toBe(2)
    expect((await run('verify')).code).toBe(0)
  })

  test('keeps every time to the microsecond, and nothing of the source but its bytes', async () => {
    await imported()
    expect(statSync(fileOf(locationOf(8))).nlink).toBe(1)
    const old = new Sqlite(join(folder, 'old/exchange.db'), { readonly: true })
    const micros = (column: string) =>
      `cast(strftime('%s', substr(${column}, 1, 19)) as integer) * 1000000 + cast(substr(${column}, 21, 6) as integer)`
    const was = old
      .prepare(`select ${micros('timestamp')} as at from action where id not in (67, 68, 71) order by id`)
      .all()
    const isNow = new Sqlite(join(folder, 'new.db'), { readonly: true })
    expect(isNow.prepare('select at from actions order by id').all()).toEqual(was)
    old.close()
    isNow.close()
  })

  test('--dry-run writes nothing at all', async () => {
    const { code, report } = await imported('--dry-run')
    expect([code, report.dry_run, report.taken.submitted]).toEqual([3, true, 18])
    expect(() => statSync(join(folder, 'new.db'))).toThrow('ENOENT')
    expect(() => statSync(join(folder, 'storage'))).toThrow('ENOENT')
  })

  test('for people is a short table', async () => {
    new OldService(join(folder, 'old')).close()
    const { stdout } = await run(
      'import',
      '--from-db=sqlite:///old/exchange.db',
      '--from-storage=old/storage',
    )
    expect(stdout).toMatch(/^Took over from .*exchange\.db:\n {2}users +12\n/)
    expect(stdout).toMatch(/action 67: it belongs to no assignment/)
  })
})
