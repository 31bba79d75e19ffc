import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, runOn } from '../databases.ts'
import { crowdedFixture, type OldMember, OldService } from '../moving-in/old-service.ts'
import { onDatabase } from '../on-database.ts'
import { type Ran, runCommand } from '../run-command.ts'
import { type Person, startTestService, type TestService } from '../start.ts'

let folder: string
let fresh: { url: string; drop(): Promise<unknown> }
let service: TestService
let first: Ran
/** What was there before the import: each file with its digest. */
let source: unknown
const old = new OldService()

const settings = () => ({ NBEX_DB_URL: fresh.url, NBEX_BASE_STORAGE_LOCATION: join(folder, 'storage') })

const importFixture = (...flags: string[]) =>
  runCommand(
    [
      'import',
      `--from-db=sqlite:///${folder}/old/exchange.db`,
      `--from-storage=${folder}/old/storage`,
      ...flags,
    ],
    { cwd: folder, env: settings() },
  )

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nbexchange-import-'))
  crowdedFixture(join(folder, 'old'))
  source = filesIn(join(folder, 'old'))
  fresh = await freshDatabase(folder)
  first = await importFixture('--json')
  service = await startTestService(settings())
})
afterAll(async () => {
  old.close()
  await service.close()
  await fresh.drop()
  rmSync(folder, { recursive: true })
})

function filesIn(root: string) {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(root, name)).isFile())
    .map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(root, name)))
        .digest('hex'),
    ])
    .sort()
}

const SKIPPED = ['action 67', 'action 68', 'action 71', 'feedback_2 13']

describe('an import from nbexchange 1.5', () => {
  test('takes over everything that is whole, lists what is broken, and says so by exit code 3', () => {
    expect([first.code, first.stderr]).toEqual([3, ''])
    const { skipped, taken } = JSON.parse(first.stdout)
    expect(taken).toEqual({
      users: 12,
      courses: 3,
      members: 15,
      assignments: 7,
      released: 9,
      submitted: 18,
      feedback: 12,
      actions: 68,
    })
    expect(skipped.map(({ what }: { what: string }) => what).sort()).toEqual(SKIPPED)
    expect(skipped).toContainEqual(
      expect.objectContaining({ what: 'feedback_2 13', reason: 'its notebook 8 is not there' }),
    )
  })

  test('leaves the source as it was, to the byte and without a file beside it', () => {
    expect(filesIn(join(folder, 'old'))).toEqual(source)
  })

  test('run again takes over nothing', async () => {
    const again = JSON.parse((await importFixture('--json')).stdout)
    expect(Object.values(again.taken)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
    expect(again.already).toEqual(JSON.parse(first.stdout).taken)
    expect(again.files).toMatchObject({ copied: 0, linked: 0 })
  })

  test('--dry-run tells the same and writes nothing', async () => {
    // So many things before all others that these are not on the first page.
    const crowd = Array.from({ length: 1_100 }, (_, at) => ({ id: `0000 ${at}`, state: '', at }))
    await onDatabase(fresh.url, (database) => database.insertInto('imported').values(crowd).execute())
    const marks = () => runOn(fresh.url, 'select * from imported order by id')
    const before = await marks()
    const dry = JSON.parse((await importFixture('--json', '--dry-run')).stdout)
    expect(dry.already).toEqual(JSON.parse(first.stdout).taken)
    expect(Object.values(dry.taken)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
    expect(await marks()).toEqual(before)
  })
})

const whoIs = ({ course, name, org, role, title }: OldMember): Person => ({
  name,
  course_id: course,
  course_role: role,
  course_title: title,
  org_id: org,
})

const sorted = (items: unknown[]) => items.map((item) => JSON.stringify(item)).sort()

type Item = Record<string, unknown>

function clientOf(member: OldMember) {
  const ask = async (path: string) => service.request(whoIs(member), path)
  const json = async (path: string) => (await (await ask(path)).json()) as Record<string, Item[]>
  const of = (code: string) =>
    `course_id=${encodeURIComponent(member.course)}&assignment_id=${encodeURIComponent(code)}`
  return { ask, json, of, teaches: member.role.toLowerCase() === 'instructor' }
}

describe.each(old.members())('old clients of $name in $course of organisation $org', (member) => {
  const { json, teaches } = clientOf(member)

  test('get the history that they had', async () => {
    const courses = (await json('history')).value ?? []
    const course = courses.find(({ course_code }) => course_code === member.course)
    expect(course).toMatchObject({
      course_title: member.title,
      isInstructor: teaches,
      role: { [member.role]: 1 },
    })
    const got = ((course?.assignments ?? []) as { assignment_code: string; actions: Item[] }[]).map(
      ({ actions, assignment_code }) => ({
        assignment_code,
        actions: actions.map(({ action, timestamp, user }) => ({ action, timestamp, user })),
      }),
    )
    expect(sorted(got)).toEqual(sorted(old.history(member)))
  })

  test('list the assignments that they had, with the feedback on them', async () => {
    const { value } = await json(`assignments?course_id=${encodeURIComponent(member.course)}`)
    const released = new Set(old.codes(member))
    const got = (value ?? [])
      .filter(({ assignment_id }) => released.has(String(assignment_id)))
      .map(({ assignment_id, course_id, notebooks, status, timestamp }) => ({
        assignment_id,
        course_id,
        status,
        timestamp,
        notebooks,
      }))
    expect(got).toEqual(old.assignments(member))
  })
})

describe.each(old.members())('old clients of $name in $course of organisation $org then', (member) => {
  const { ask, json, of, teaches } = clientOf(member)

  test('fetch the feedback that they had', async () => {
    for (const code of old.codes(member)) {
      const { feedback } = await json(`feedback?${of(code)}`)
      expect(sorted(feedback ?? [])).toEqual(sorted(old.feedback(member, code)))
    }
  })

  test('fetch the newest release, byte for byte', async () => {
    for (const code of old.codes(member)) {
      const response = await ask(`assignment?${of(code)}`)
      expect(Buffer.from(await response.arrayBuffer())).toEqual(old.newestRelease(member, code))
    }
  })

  if (teaches) {
    test('collect what was handed in, byte for byte', async () => {
      for (const code of old.codes(member)) {
        const wanted = old.collections(member, code)
        const { value } = (await json(`collections?${of(code)}`)) as { value: { path: string }[] }
        expect(
          sorted(value.map(({ path, ...item }) => Object.fromEntries(Object.entries(item).sort()))),
        ).toEqual(sorted(wanted.map(({ item }) => Object.fromEntries(Object.entries(item).sort()))))
        const got = await Promise.all(
          value.map(async ({ path }) => {
            const response = await ask(`collection?${of(code)}&path=${encodeURIComponent(path)}`)
            return Buffer.from(await response.arrayBuffer()).toString('hex')
          }),
        )
        expect(got.sort()).toEqual(wanted.map(({ bytes }) => bytes.toString('hex')).sort())
      }
    })
  }
})
