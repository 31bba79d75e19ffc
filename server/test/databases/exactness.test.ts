import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { thisDatabase } from '../databases.ts'
import { post } from '../legacy-client.ts'
import { onDatabase } from '../on-database.ts'
import { archive, type Person, person, startTestService, type TestService, upload } from '../start.ts'

let service: TestService
const teacher = person('ina', 'Instructor')

beforeAll(async () => {
  service = await startTestService()
  await service.api(teacher, 'courses/bio/assignments/ps1/releases?notebook=p1', upload(archive('release')))
})
afterAll(() => service.close())

/** Names that one collation or another takes for the same. */
const ALIKE = [
  'Alice',
  'alice',
  'álice',
  'a\u0301lice',
  'alice ',
  'ALICE',
  'ａlice',
  'alıce',
  'aliße',
  'alisse',
]

test('names that differ in one byte are different users, courses, assignments and notebooks', async () => {
  for (const name of ALIKE) {
    const student = person(name, 'Student')
    const receipt = await handIn(student, `of ${name}`)
    expect(receipt.student).toBe(name)
    await release(person('ina', 'Instructor', name), { course: name, assignment: 'ps1' })
    await release(teacher, { course: 'bio', assignment: name, notebooks: ALIKE })
  }
  for (const name of ALIKE) {
    const mine = await json(service.api(person(name, 'Student'), 'me/submissions'))
    expect(mine.submissions.map((one) => one.student)).toEqual([name])
    const seen = await json(service.api(person('ina', 'Instructor', name), 'assignments'))
    expect(seen.assignments.map((one) => one.course_id)).toEqual([name])
    const assignment = await json(service.api(teacher, `courses/bio/assignments/${encodeURIComponent(name)}`))
    expect(assignment.release.notebooks.toSorted()).toEqual(ALIKE.toSorted())
  }
  const all = await json(service.api(teacher, 'submissions?course_id=bio'))
  const inOrder = ALIKE.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  expect(all.submissions.map((one) => one.student)).toEqual(inOrder)
  const listed = await json(service.api(teacher, 'assignments?course_id=bio'))
  const codes = listed.assignments.map((one) => one.assignment_id)
  expect(codes.filter((code) => ALIKE.includes(code))).toEqual(inOrder)
})

test('names of 200 characters of four bytes are kept whole', async () => {
  const long = '\u{1F600}'.repeat(200)
  const student = person(long, 'Student', long)
  const own = person('ina', 'Instructor', long)
  await release(own, { course: long, assignment: long, notebooks: ['\u{1F600}'.repeat(128)] })
  const path = `courses/${encodeURIComponent(long)}/assignments/${encodeURIComponent(long)}/submissions`
  const receipt = await json(service.api(student, path, upload(archive('x'))))
  expect(receipt).toMatchObject({ course_id: long, assignment_id: long, student: long })
  const listed = await json(service.api(own, `submissions?course_id=${encodeURIComponent(long)}`))
  expect(listed.submissions).toMatchObject([{ course_id: long, assignment_id: long, student: long }])
  const notebook = '\u{1F600}'.repeat(128)
  const names = [long, receipt.timestamp, notebook].map(encodeURIComponent).join('/')
  const html = { method: 'PUT', body: '<p>', headers: { 'content-type': 'text/html' } }
  const given = await json(service.api(own, `${path.replace(/submissions$/, 'feedback')}/${names}`, html))
  expect(given).toMatchObject({ student: long, notebook_id: notebook })
})

test('the log is never changed, where the database can refuse that', async () => {
  const changes = ['update actions set at = 1', 'delete from actions']
  for (const change of thisDatabase() === 'mysql' ? [] : changes) {
    const changed = onDatabase(service.databaseUrl, (database) => sql.raw(change).execute(database))
    await expect(changed).rejects.toThrow('append-only')
  }
})

test('a name one character too long is refused by us, and not cut by the database', async () => {
  const answer = await service.api(person('x'.repeat(201), 'Student'), 'me')
  expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'forbidden' }])
})

test('times are exact to the microsecond, from the first to the last that is taken', async () => {
  const times = [
    '2000-01-01 00:00:00.000001 UTC',
    '2025-03-30 01:59:59.999999 UTC',
    '2025-03-30 02:00:00.000000 UTC',
    '2025-10-26 02:30:00.123456 UTC',
    '2099-12-31 23:59:59.999999 UTC',
  ]
  for (const timestamp of times.slice(0, -1)) {
    const query = new URLSearchParams({ student: 'times', timestamp })
    await json(
      service.api(teacher, `courses/bio/assignments/ps1/submissions?${query}`, upload(archive(timestamp))),
    )
  }
  // Nobody hands in for somebody at a time that is still to come; old clients write what they like.
  const names = { course_id: 'bio', assignment_id: 'ps1', timestamp: times.at(-1) ?? '' }
  await post(service, person('times', 'Student'), ['submission', names, 'last'])
  const { submissions } = await json(service.api(teacher, 'submissions?course_id=bio&student=times'))
  expect(submissions.map((one) => one.timestamp)).toEqual(times)
  const before = new URLSearchParams({ course_id: 'bio', student: 'times', before: times[1] ?? '' })
  const early = await json(service.api(teacher, `submissions?${before}`))
  expect(early.submissions).toHaveLength(2)
})

test('the same timestamp with other bytes is the same conflict everywhere', async () => {
  const query = new URLSearchParams({ student: 'twice', timestamp: '2025-01-02 03:04:05.000006 UTC' })
  const path = `courses/bio/assignments/ps1/submissions?${query}`
  await json(service.api(teacher, path, upload(archive('one'))))
  const answer = await service.api(teacher, path, upload(archive('two')))
  expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'conflict' }])
})

test('the same course code, assignment and user in two organisations never meet', async () => {
  const elsewhere = { org_id: 2 }
  const there = person('ina', 'Instructor', 'bio', elsewhere)
  await release(there, { course: 'bio', assignment: 'only-there' })
  await handIn(person('zoe', 'Student'), 'here')
  const answer = await json(service.api(there, 'submissions?course_id=bio'))
  expect(answer.submissions).toEqual([])
  const assignments = await json(service.api(teacher, 'assignments?course_id=bio'))
  expect(assignments.assignments.map((one) => one.assignment_id)).not.toContain('only-there')
})

function handIn(student: Person, content: string) {
  return json(service.api(student, 'courses/bio/assignments/ps1/submissions', upload(archive(content))))
}

async function release(
  by: Person,
  to: { course: string; assignment: string; notebooks?: readonly string[] },
): Promise<void> {
  const query = (to.notebooks ?? ['p1']).map((name) => `notebook=${encodeURIComponent(name)}`).join('&')
  const path = `courses/${encodeURIComponent(to.course)}/assignments/${encodeURIComponent(to.assignment)}`
  await json(service.api(by, `${path}/releases?${query}`, upload(archive('release'))))
}

/** What the answers of these routes have in them. */
interface Body {
  student: string
  timestamp: string
  submissions: { student: string; timestamp: string }[]
  assignments: { course_id: string; assignment_id: string }[]
  release: { notebooks: string[] }
}

async function json(response: Promise<Response>): Promise<Body> {
  const answer = await response
  const body = (await answer.json()) as Body
  expect(answer.status, JSON.stringify(body)).toBeLessThan(300)
  return body
}
