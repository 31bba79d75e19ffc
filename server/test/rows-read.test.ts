import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { archive, type Person, person, signIn, upload } from './start.ts'
import { type LoggedService, startLoggedService } from './statement-log.ts'

const ina = person('ina', 'Instructor')
const sam = person('sam', 'Student')
let service: LoggedService
let database: Sqlite.Database

beforeAll(async () => {
  service = await startLoggedService()
  database = new Sqlite(service.databaseUrl.replace('sqlite:///', ''))
  await send(ina, 'api/v1/courses/bio/assignments/ps1/releases?notebook=p1', upload(archive('release')))
  await send(sam, 'api/v1/courses/bio/assignments/ps1/submissions', upload(archive('work')))
})
afterAll(async () => {
  database.close()
  await service.close()
})

async function send(who: Person, path: string, init: RequestInit = {}): Promise<void> {
  const answer = await fetch(service.url + path, { ...init, headers: { ...init.headers, ...signIn(who) } })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  await answer.arrayBuffer()
}

/** How SQLite finds the rows of each table and subquery in a statement. */
function planOf(statement: string): string[] {
  const parameters = statement.split('?').slice(1)
  const steps = database.prepare(`explain query plan ${statement}`).all(parameters.map(() => null))
  return (steps as { detail: string }[]).map(({ detail }) => detail)
}

/** The steps of everything that a request runs. */
async function stepsOf(who: Person, path: string): Promise<string[]> {
  await send(who, path)
  const before = service.statements.length
  await send(who, path)
  return service.statements.slice(before).flatMap(planOf)
}

/** What has a row for everybody in the class, by the names that the statements give it. */
const GROWS = /^(SCAN|SEARCH) (actions|submissions|feedback|members)\b/
/** One user's rows, one row by its key, or the actions of one kind on one assignment. */
const NARROW = /\b(user_id|student_id|rowid|id)=\?|assignment_id=\? AND action=\?/

describe('what is read from the disk', () => {
  test.each([
    'assignments?course_id=bio',
    'history',
    'api/v1/assignments',
    'api/v1/me/submissions',
    'api/v1/history',
    'api/v1/history?course_id=bio&assignment_id=ps1&action=submitted&student=sam&limit=10',
  ])("a student's list does not read classmates' rows: %s", async (path) => {
    const steps = await stepsOf(sam, path)
    expect(steps.length).toBeGreaterThan(5)
    expect(
      steps.filter((step) => GROWS.test(step) && !NARROW.test(step.replace(/\(org_id=\?\)/, ''))),
    ).toEqual([])
  })

  test('of a long history never more than 5000 actions at a time, and each of them once', async () => {
    for (const code of ['long', 'short', 'brief']) {
      await send(ina, `api/v1/courses/bio/assignments/${code}/releases?notebook=p1`, upload(archive(code)))
    }
    database.exec(`
      with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 12000)
      insert into actions (org_id, course_id, assignment_id, user_id, action, at)
      select assignments.org_id, course_id, assignments.id, users.id, 'fetched', 1767225600000000 + n
      from numbers cross join assignments cross join users
      where users.name = 'sam' and (assignments.code = 'long' or (assignments.code != 'ps1' and n <= 10))`)
    const before = service.statements.length
    const answer = await fetch(`${service.url}history`, { headers: signIn(ina) })
    const { value } = (await answer.json()) as { value: { assignments: Remembered[] }[] }
    const listed = service.statements.slice(before).filter((statement) => statement.includes('"feedback"'))
    expect(listed.length).toBe(5)
    for (const { action_summary, actions, assignment_code } of value[0]?.assignments ?? []) {
      const times = actions
        .filter(({ action }) => action.endsWith('.fetched'))
        .map(({ timestamp }) => timestamp)
      const expected = { brief: 10, long: 12_000, ps1: 0, short: 10 }[assignment_code]
      expect([assignment_code, new Set(times).size, times.length]).toEqual([
        assignment_code,
        expected,
        expected,
      ])
      expect(times).toEqual(times.toSorted())
      expect(action_summary.fetched ?? 0).toBe(expected)
    }
  })
})

interface Remembered {
  assignment_code: string
  actions: { action: string; timestamp: string }[]
  action_summary: Record<string, number>
}
