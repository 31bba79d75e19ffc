import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from './run-command.ts'
import { archive, startTestService, type TestService, upload } from './start.ts'

/** The operator's half; the user's is in the plugin. */

let service: TestService
const signedIn = (token: string) => ({ authorization: `Bearer ${token}` })

beforeAll(async () => {
  service = await startTestService({ NBEX_USER_PLUGIN: 'demo' })
  const path = `${service.url}api/v1/courses/demo101/assignments`
  const teacher = signedIn('instructor')
  await fetch(`${path}/ps1/releases?notebook=p1`, upload(archive('x'), teacher))
  await fetch(`${path}/old/releases?notebook=p1`, upload(archive('x'), teacher))
  await fetch(`${path}/old/submissions`, upload(archive('x'), signedIn('student1')))
  await fetch(`${path}/old`, { method: 'DELETE', headers: teacher })
})
afterAll(() => service.close())

/** The command on the configuration of the service that runs. */
async function doctor(...args: string[]) {
  const env = {
    NBEX_USER_PLUGIN: 'demo',
    NBEX_PORT: new URL(service.url).port,
    NBEX_BASE_STORAGE_LOCATION: join(service.directory, 'storage'),
    NBEX_DB_URL: service.databaseUrl,
  }
  const { code, stderr, stdout } = await runCommand(['doctor', ...args], { cwd: service.directory, env })
  return { code, output: stdout, error: stderr }
}

test('finds nothing where all is well', async () => {
  const { code, error, output } = await doctor()
  expect([code, error]).toEqual([0, ''])
  expect(output).toMatch(/^ok {3}storage: the folder \/.*storage can be written and read, .* GB free$/m)
  expect(output).toMatch(/^ok {3}database: .* is up to date$/m)
  expect(output).toMatch(/^ok {3}service: http:.* answers, version \d/m)
  expect(output).toMatch(/^ok {3}readiness: ready$/m)
})

test('says who a token means, and their courses', async () => {
  const { output } = await doctor('--token', 'student1')
  expect(output).toContain('the token means student1 of organisation 1')
  expect(output).toContain('demo101 (Student), demo102 (Student)')
  const wrong = await doctor('--token', 'nobody')
  expect(wrong.code).toBe(3)
  expect(wrong.output).toContain('ILL  sign-in: GET me was answered 401')
})

test('makes a round trip in a scratch course, and leaves nothing there', async () => {
  const { code, output } = await doctor('--token', 'instructor', '--course', 'demo101', '--round-trip')
  expect([code, output]).toEqual([0, expect.stringContaining('handed in and collected 50 kB in')])
  const answer = await fetch(`${service.url}api/v1/assignments`, { headers: signedIn('instructor') })
  const { assignments } = (await answer.json()) as { assignments: { assignment_id: string }[] }
  expect(assignments.map(({ assignment_id }) => assignment_id)).toEqual(['old', 'ps1'])
  const refused = await doctor('--token', 'student1', '--course', 'demo101', '--round-trip')
  expect(refused.output).toMatch(/^ILL {2}round trip: POST .* was answered 403/m)
  expect((await doctor('--round-trip')).output).toContain('It needs --course')
})

test.each([
  [['--user', 'student1'], 0, /course: demo101 as Student; the sign-in last said so 20/],
  [['--user', 'instructor', '--course', 'demo101'], 0, /demo101 as Instructor, which teaches/],
  [['--user', 'Student1'], 3, /ILL {2}user: nobody called Student1 was ever seen[\s\S]*capitals too/],
  [['--user', 'student1', '--course', 'chem'], 3, /ILL {2}course: never seen in course chem/],
  [['--user', 'student1', '--org', '2'], 3, /There is one in organisation 1/],
  [['--user', 'student1', '--course', 'demo101', '--assignment', 'ps1'], 0, /assignment ps1: is released/],
  [
    ['--user', 'student1', '--course', 'demo101', '--assignment', 'old'],
    3,
    /is not released[\s\S]*1 submissions of student1/,
  ],
  [['--user', 'student1', '--course', 'demo101', '--assignment', 'PS1'], 3, /has none of that name/],
])('%j tells why something is not to be seen', async (args, code, words) => {
  expect(await doctor(...args)).toEqual({ code, error: '', output: expect.stringMatching(words) })
})

test('--json gives the same to programs', async () => {
  const { output } = await doctor('--json', '--token', 'student1')
  const { findings } = JSON.parse(output) as { findings: { about: string; ok: boolean }[] }
  expect(findings.map(({ about, ok }) => [about, ok])).toEqual(
    ['storage', 'database', 'service', 'readiness', 'sign-in', 'courses'].map((about) => [about, true]),
  )
})

test('a service that does not run, or is another program, is named with what to do', async () => {
  const gone = await doctor('--url', 'http://127.0.0.1:1/services/nbexchange/')
  expect(gone).toMatchObject({
    code: 3,
    output: expect.stringContaining('nothing answers at http://127.0.0.1:1/'),
  })
  expect(gone.output).toContain('name its address with --url')
  const other = await doctor('--url', `${service.url}api/v1/`)
  expect(other.output).toContain('is answered by something else')
})
