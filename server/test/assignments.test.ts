import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNothingStored } from './bad-input.ts'
import { call, post } from './legacy-client.ts'
import { archive, type Person, person, startTestService, type TestService, upload } from './start.ts'
import { stored } from './stored.ts'

const ina = person('ina', 'Instructor')
const sam = person('sam', 'Student')
let service: TestService
let count = 0

beforeAll(async () => {
  service = await startTestService()
})
afterAll(() => service.close())

/** A released assignment with a submission of sam and feedback on it. */
async function newWork() {
  count += 1
  const code = `ps${count}`
  const of = { course_id: 'bio', assignment_id: code }
  const path = `courses/bio/assignments/${code}`
  expect(await post(service, ina, ['assignment', of, 'version 1', 'p1'])).toMatchObject({ success: true })
  const { receipt } = (await post(service, sam, ['submission', of, 'work'])) as {
    receipt: { timestamp: string; id: string }
  }
  const names = { notebook: 'p1', student: 'sam', timestamp: receipt.timestamp, checksum: 'abc' }
  expect(await post(service, ina, ['feedback', { ...of, ...names }, '<p>'])).toMatchObject({ success: true })
  return { code, of, path, receipt }
}
type Work = Awaited<ReturnType<typeof newWork>>

/** What the student and the instructor still have of that work. */
async function kept({ code, of, path, receipt }: Work) {
  const own = await (await service.api(sam, `me/submissions?assignment_id=${code}`)).json()
  const inbound = await (await service.api(ina, `submissions?assignment_id=${code}&feedback=true`)).json()
  const content = await (await service.api(sam, `${path}/submissions/${receipt.id}/content`)).text()
  const collections = await call(service, ina, ['GET', 'collections', of])
  const feedback = await call(service, sam, ['GET', 'feedback', of])
  return { own, inbound, content, collections: collections.value, feedback: feedback.feedback }
}

const fetched = async (who: Person, of: Record<string, string>) =>
  (await service.request(who, `assignment?${new URLSearchParams(of)}`)).text()
const statusesOf = async (who: Person, of: Record<string, string>) => {
  const { value } = await call(service, who, ['GET', 'assignments', { course_id: 'bio' }])
  const items = value as { assignment_id: string; status: string }[]
  return items.filter((one) => one.assignment_id === of.assignment_id).map(({ status }) => status)
}

describe('the work of students', () => {
  test('outlives releasing again, on both faces, and the new version is what is fetched', async () => {
    const work = await newWork()
    const before = await kept(work)
    expect(await post(service, ina, ['assignment', work.of, 'version 2', 'p1'])).toMatchObject({
      success: true,
    })
    expect(await fetched(sam, work.of)).toBe('version 2')
    expect((await service.api(ina, `${work.path}/releases?notebook=p1`, upload(archive('3')))).status).toBe(
      409,
    )
    expect(await fetched(sam, work.of)).toBe('version 2')
    expect(
      (await service.api(ina, `${work.path}/releases?notebook=p1&force=true`, upload(archive('3')))).status,
    ).toBe(201)
    expect(await fetched(sam, work.of)).toContain('3')
    const after = await kept(work)
    expect(after).toEqual(before)
    expect(before).toMatchObject({
      content: 'work',
      feedback: [{ filename: 'p1.html' }],
      collections: [{ student_id: 'sam' }],
    })
  })

  test('outlives unreleasing and restoring, on both faces', async () => {
    for (const face of ['api', 'legacy']) {
      const work = await newWork()
      const before = await kept(work)
      if (face === 'api') await service.api(ina, work.path, { method: 'DELETE' })
      else await call(service, ina, ['DELETE', 'assignment', work.of])
      expect(await kept(work)).toEqual(before)
      expect(await call(service, sam, ['GET', 'assignment', work.of])).toMatchObject({ success: false })
      if (face === 'api') await service.api(ina, `${work.path}/restore`, { method: 'POST' })
      else await post(service, ina, ['assignment', work.of, 'version 2', 'p1'])
      expect(await kept(work)).toEqual(before)
      expect(await fetched(sam, work.of)).toMatch(/^version/)
    }
  })

  test('is unreleased and restored once, however often that is said', async () => {
    const { code, of, path } = await newWork()
    const log = async () => {
      const answer = await service.api(ina, `history?assignment_id=${code}`)
      const { actions } = (await answer.json()) as { actions: { action: string }[] }
      return actions.map(({ action }) => action).filter((action) => /removed|restored/.test(action))
    }
    await service.api(ina, path, { method: 'DELETE' })
    expect((await service.api(ina, path, { method: 'DELETE' })).status).toBe(200)
    expect(await call(service, ina, ['DELETE', 'assignment', of])).toMatchObject({ success: true })
    expect(await log()).toEqual(['removed'])
    const restoring = () => service.api(ina, `${path}/restore`, { method: 'POST' })
    for (const answer of await Promise.all(Array.from({ length: 5 }, restoring)))
      expect(answer.status).toBe(200)
    expect(await log()).toEqual(['restored', 'removed'])
  })

  test('takes no hand-in while the assignment is unreleased', async () => {
    const work = await newWork()
    await call(service, ina, ['DELETE', 'assignment', work.of])
    await expectNothingStored(service, async () => {
      expect(await post(service, sam, ['submission', work.of, 'late'])).toMatchObject({ success: false })
      expect((await service.api(sam, `${work.path}/submissions`, upload(archive('late')))).status).toBe(404)
      expect(
        (await service.api(ina, `${work.path}/submissions?student=sam`, upload(archive('late')))).status,
      ).toBe(404)
    })
  })

  test('is out of sight after a purge, on both faces, and its rows and files are still there', async () => {
    const work = await newWork()
    const before = await stored(service)
    expect(await call(service, ina, ['DELETE', 'assignment', { ...work.of, purge: 'True' }])).toMatchObject({
      success: true,
    })
    const after = await stored(service)
    expect(after.rows.actions?.slice(before.rows.actions?.length)).toMatchObject([{ action: 'purged' }])
    expect(after.files).toEqual(before.files)
    expect([after.rows.submissions, after.rows.feedback]).toEqual([
      before.rows.submissions,
      before.rows.feedback,
    ])
    for (const who of [ina, sam]) {
      expect(await statusesOf(who, work.of)).toEqual([])
      for (const path of [
        '',
        '/releases',
        '/releases/1/content',
        '/feedback',
        `/submissions/${work.receipt.id}`,
        `/submissions/${work.receipt.id}/content`,
      ]) {
        expect([path, (await service.api(who, work.path + path)).status]).toEqual([path, 404])
      }
    }
    expect(await call(service, sam, ['GET', 'feedback', work.of])).toMatchObject({ success: false })
    expect((await call(service, ina, ['GET', 'collections', work.of])).value).toEqual([])
    expect(await (await service.api(sam, `me/submissions?assignment_id=${work.code}`)).json()).toMatchObject({
      submissions: [],
    })
    expect((await service.api(ina, `${work.path}/restore`, { method: 'POST' })).status).toBe(404)
  })

  test('of a purged assignment does not come back with a new one of the same code', async () => {
    const work = await newWork()
    await call(service, ina, ['DELETE', 'assignment', { ...work.of, purge: '1' }])
    await post(service, ina, ['assignment', work.of, 'a new one', 'p1'])
    expect(await fetched(sam, work.of)).toBe('a new one')
    expect(await kept(work)).toMatchObject({
      own: { submissions: [] },
      inbound: { submissions: [] },
      collections: [],
      feedback: [],
    })
    expect((await service.api(sam, `${work.path}/submissions/${work.receipt.id}`)).status).toBe(404)
  })
})

describe('what students see', () => {
  test('of an unreleased assignment is only what they did with it', async () => {
    const work = await newWork()
    const tess = person('tess', 'Student')
    expect(await statusesOf(sam, work.of)).toEqual(expect.arrayContaining(['released', 'submitted']))
    await call(service, ina, ['DELETE', 'assignment', work.of])
    expect(await statusesOf(tess, work.of)).toEqual([])
    expect(await statusesOf(sam, work.of)).toEqual(['submitted'])
    expect((await service.api(tess, work.path)).status).toBe(404)
    expect(await (await service.api(sam, work.path)).json()).toMatchObject({ status: 'unreleased' })
    expect((await service.api(sam, `${work.path}/releases/latest/content`)).status).toBe(404)
    expect(await (await service.api(sam, `${work.path}/releases`)).json()).toEqual({ releases: [] })
  })

  test('of several courses comes by the code of the course, then of the assignment', async () => {
    const both = (role: string) => ({
      ...person('both', role),
      courses: ['order-b', 'order-a'].map((course_id) => ({ course_id, course_role: role })),
    })
    for (const course of ['order-b', 'order-a']) {
      for (const code of ['2', '1']) {
        const path = `courses/${course}/assignments/${code}/releases?notebook=p1`
        await service.api(both('Instructor'), path, upload(archive('x')))
      }
    }
    const answer = await service.api(both('Student'), 'assignments')
    const { assignments } = (await answer.json()) as {
      assignments: { course_id: string; assignment_id: string }[]
    }
    const shown = assignments.map(({ assignment_id, course_id }) => `${course_id} ${assignment_id}`)
    expect(shown.filter((one) => one.startsWith('order'))).toEqual([
      'order-a 1',
      'order-a 2',
      'order-b 1',
      'order-b 2',
    ])
  })

  test('of releases is the newest; earlier ones are for instructors', async () => {
    const work = await newWork()
    await post(service, ina, ['assignment', work.of, 'version 2', 'p1'])
    const versions = async (who: Person) =>
      (
        (await (await service.api(who, `${work.path}/releases`)).json()) as {
          releases: { version: number }[]
        }
      ).releases.map(({ version }) => version)
    expect([await versions(ina), await versions(sam)]).toEqual([[2, 1], [2]])
    const status = async (who: Person, version: string) =>
      (await service.api(who, `${work.path}/releases/${version}/content`)).status
    expect([
      await status(ina, '1'),
      await status(sam, '1'),
      await status(sam, '2'),
      await status(ina, '3'),
    ]).toEqual([200, 404, 200, 404])
  })
})

describe('a release that fails', () => {
  test('leaves no assignment behind', async () => {
    const of = { course_id: 'bio', assignment_id: 'never' }
    await service.api(ina, 'me')
    await expectNothingStored(service, async () => {
      expect(await post(service, ina, ['assignment', of, '', 'p1'])).toMatchObject({ success: false })
      expect(await post(service, ina, ['assignment', of, 'x', 'a/b'])).toMatchObject({ success: false })
      const empty = upload(Buffer.alloc(0))
      expect((await service.api(ina, 'courses/bio/assignments/never/releases', empty)).status).toBe(400)
    })
    expect((await service.api(ina, 'courses/bio/assignments/never')).status).toBe(404)
  })

  test('twenty times at the same moment makes one release, unless forced', async () => {
    const release = () => service.api(ina, 'courses/bio/assignments/race/releases', upload(archive('r')))
    const statuses = (await Promise.all(Array.from({ length: 20 }, release))).map(({ status }) => status)
    expect(statuses.sort()).toEqual([201, ...Array(19).fill(409)])
    const old = () =>
      post(service, ina, ['assignment', { course_id: 'bio', assignment_id: 'race' }, 'x', 'p1'])
    expect(await Promise.all(Array.from({ length: 10 }, old))).toEqual(
      Array(10).fill(expect.objectContaining({ success: true })),
    )
    const list = await service.api(ina, 'courses/bio/assignments/race/releases')
    const { releases } = (await list.json()) as { releases: { version: number }[] }
    expect(releases.map(({ version }) => version)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
  })
})
