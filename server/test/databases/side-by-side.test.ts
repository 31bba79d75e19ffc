import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../databases.ts'
import { archive, type Person, person, startTestService, type TestService, upload } from '../start.ts'

const shared = mkdtempSync(join(tmpdir(), 'nbexchange-shared-'))
let database: { url: string; drop(): Promise<unknown> }
let services: TestService[]

beforeAll(async () => {
  database = await freshDatabase(shared)
  const settings = { NBEX_DB_URL: database.url, NBEX_BASE_STORAGE_LOCATION: join(shared, 'storage') }
  // Together, so that both want to run the migrations.
  services = await Promise.all([1, 2, 3].map(() => startTestService(settings)))
})

afterAll(async () => {
  await Promise.all(services.map((service) => service.close()))
  await database.drop()
  rmSync(shared, { recursive: true, force: true })
})

/** The same request to each service, several times, all at once. */
function everywhere(ask: (service: TestService) => Promise<Response>): Promise<Response[]> {
  return Promise.all(services.flatMap((service) => [1, 2, 3, 4].map(() => ask(service))))
}

/** What the first of them says afterwards. */
async function first<T>(asking: Person, path: string): Promise<T> {
  const [service] = services
  if (!service) throw new Error('no service')
  const answer = await service.api(asking, path)
  return (await answer.json()) as T
}

test('a user and a course that all see for the first time are no error, and become one', async () => {
  for (let round = 0; round < 5; round++) {
    const newcomer = person(`new-${round}`, 'Student', `course-${round}`, { full_name: 'New Comer' })
    const answers = await everywhere((service) => service.api(newcomer, 'assignments'))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const teacher = person('ina', 'Instructor', `course-${round}`)
    const { members } = await first<{ members: { name: string }[] }>(
      teacher,
      `courses/course-${round}/members`,
    )
    expect(members.filter(({ name }) => name === newcomer.name)).toHaveLength(1)
  }
})

test('an assignment that all release for the first time has one version for each release', async () => {
  const teacher = person('ina', 'Instructor')
  const path = 'courses/bio/assignments/new/releases?force=true&notebook=p1'
  const answers = await everywhere((service) => service.api(teacher, path, upload(archive('x'))))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
  const versions = await Promise.all(
    answers.map(async (one) => ((await one.json()) as { version: number }).version),
  )
  expect(versions.toSorted((a, b) => a - b)).toEqual(answers.map((_, index) => index + 1))
})

test('one hand-in that is sent everywhere at once is one submission with one receipt', async () => {
  const student = person('zoe', 'Student')
  const path = 'courses/bio/assignments/new/submissions'
  const answers = await everywhere((service) =>
    service.api(student, path, upload(archive('same'), { 'idempotency-key': 'k1' })),
  )
  const bodies = await Promise.all(answers.map((answer) => answer.json()))
  expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1)
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  const listed = (await (await services[1]?.api(student, 'me/submissions'))?.json()) as {
    submissions: unknown[]
  }
  expect(listed.submissions).toHaveLength(1)
})

test('hand-ins of one student at one moment have different timestamps, in the order of their labels', async () => {
  const student = person('max', 'Student')
  const path = 'courses/bio/assignments/new/submissions'
  const answers = await everywhere((service) =>
    service.api(student, path, upload(archive(String(Math.random())))),
  )
  const receipts = await Promise.all(answers.map((one) => one.json() as Promise<{ timestamp: string }>))
  expect(new Set(receipts.map(({ timestamp }) => timestamp)).size).toBe(answers.length)
})
