import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, post } from './legacy-client.ts'
import { archive, type Person, person, startTestService, type TestService, upload } from './start.ts'
import { stored } from './stored.ts'

const ina = person('ina', 'Instructor')
const sam = person('sam', 'Student', 'bio', {
  full_name: 'Sam E',
  email: 'sam@example.com',
  lms_user_id: '42',
})
const cara = person('cara', 'Instructor', 'chem')
const ps1 = { course_id: 'bio', assignment_id: 'ps1' }
let service: TestService
/** Paths as the legacy face shows them, by what they belong to. */
let paths: { sams: string; chem: string; ps2: string; released: string; feedback: string }

interface Item {
  student_id: string
  path: string
  timestamp: string
}

beforeAll(async () => {
  service = await startTestService()
  for (const [who, code] of [
    [ina, 'ps1'],
    [ina, 'ps2'],
    [cara, 'ps1'],
  ] as const) {
    const of = { course_id: String(who.course_id), assignment_id: code }
    await post(service, who, ['assignment', of, `release of ${code}`, 'p1'])
  }
  const { receipt } = (await post(service, sam, ['submission', ps1, 'work of sam'])) as {
    receipt: { timestamp: string }
  }
  await post(service, sam, ['submission', { ...ps1, assignment_id: 'ps2' }, 'other work'])
  const about = { notebook: 'p1', student: 'sam', timestamp: receipt.timestamp, checksum: 'abc' }
  await post(service, ina, ['feedback', { ...ps1, ...about }, '<p>'])
  const cleo = person('cleo', 'Student', 'chem')
  await post(service, cleo, ['submission', { course_id: 'chem', assignment_id: 'ps1' }, 'work of cleo'])
  const history = await call(service, ina, ['GET', 'history', { course_code: 'bio' }])
  const actions = JSON.stringify(history).match(/\/1\/(released|feedback)\/[^"]*/g) ?? []
  const pathOf = async (who: Person, of: Record<string, string>) =>
    String((await collections(who, of))[0]?.path)
  paths = {
    sams: await pathOf(ina, ps1),
    ps2: await pathOf(ina, { ...ps1, assignment_id: 'ps2' }),
    chem: await pathOf(cara, { ...ps1, course_id: 'chem' }),
    released: String(actions.find((path) => path.includes('released'))),
    feedback: String(actions.find((path) => path.includes('feedback'))),
  }
})
afterAll(() => service.close())

async function collections(who: Person, names: Record<string, string>): Promise<Item[]> {
  return (await call(service, who, ['GET', 'collections', names])).value as Item[]
}

async function collected(path: string, names: Record<string, string> = ps1) {
  const answer = await service.request(ina, `collection?${new URLSearchParams({ ...names, path })}`)
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
}

describe('the path that old clients are shown', () => {
  test('brings the bytes of that submission, inside its course and assignment', async () => {
    expect(await collected(paths.sams)).toEqual({
      status: 200,
      type: 'application/gzip',
      text: 'work of sam',
    })
    expect((await collected(paths.ps2, { ...ps1, assignment_id: 'ps2' })).text).toBe('other work')
  })

  test.each([
    ['of another course', () => paths.chem],
    ['of another assignment', () => paths.ps2],
    ['of a release', () => paths.released],
    ['of feedback', () => paths.feedback],
    ['of a release, dressed up as a submission', () => paths.released.replace('released', 'submitted')],
    ['with something behind it', () => `${paths.sams}/`],
    ['with something before it', () => `/x${paths.sams}`],
    ['with a detour', () => paths.sams.replace('/submitted/', '/submitted/../submitted/')],
    ['of another student’s name', () => paths.sams.replace('/sam/', '/tess/')],
    ['in capitals', () => paths.sams.toUpperCase()],
    ['of a file on the server', () => '/etc/passwd'],
    ['of our own database', () => `${service.directory}/nbexchange.db`],
    ['of the id alone', () => paths.sams.split('/').at(-1) ?? ''],
    ['of nothing', () => '/'],
  ])('%s brings nothing', async (_, path) => {
    const { status, text } = await collected(path())
    expect([status, JSON.parse(text).success]).toEqual([404, false])
  })

  test('is not a place on the server, and says nothing of one', async () => {
    for (const path of Object.values(paths)) expect(path).not.toContain(service.directory)
  })
})

describe('collections', () => {
  test('carry who handed in: name, e-mail and LMS id', async () => {
    expect(await collections(ina, ps1)).toMatchObject([
      {
        student_id: 'sam',
        full_name: 'Sam E',
        email: 'sam@example.com',
        lms_user_id: '42',
        status: 'submitted',
      },
    ])
  })

  test('of an unknown assignment or student are empty lists', async () => {
    expect(await collections(ina, { ...ps1, assignment_id: 'nothing' })).toEqual([])
    for (const user_id of ['nobody', 'cleo', 'SAM', '%', '*'])
      expect(await collections(ina, { ...ps1, user_id })).toEqual([])
  })

  test('keep the work of somebody who has left the course, and it can be collected', async () => {
    const rex = person('rex', 'Student')
    const { receipt } = (await post(service, rex, ['submission', ps1, 'work of rex'])) as {
      receipt: { id: string }
    }
    await call(service, person('rex', 'Student', 'chem'), ['GET', 'assignments', { course_id: 'chem' }])
    await service.api(ina, 'courses/bio/members/rex', { method: 'DELETE' })
    const [item] = await collections(ina, { ...ps1, user_id: 'rex' })
    expect((await collected(item?.path ?? '')).text).toBe('work of rex')
    const content = await service.api(ina, `courses/bio/assignments/ps1/submissions/${receipt.id}/content`)
    expect(await content.text()).toBe('work of rex')
  })
})

describe('the newest and the late', () => {
  const of = { course_id: 'bio', assignment_id: 'late' }
  const list = async (query: string) => {
    const answer = await service.api(ina, `submissions?assignment_id=late&${query}`)
    return ((await answer.json()) as { submissions: { timestamp: string }[] }).submissions.map(
      ({ timestamp }) => timestamp,
    )
  }

  test('go by when the service received it, not by the time that an old client writes on it', async () => {
    await post(service, ina, ['assignment', of, 'r', 'p1'])
    const times = ['2098-01-01 00:00:00.000000 UTC', '2001-01-01 00:00:00.000000 UTC']
    for (const timestamp of times) await post(service, sam, ['submission', { ...of, timestamp }, timestamp])
    expect(await list('latest=true')).toEqual(['2001-01-01 00:00:00.000000 UTC'])
    expect(await list(`before=${encodeURIComponent('2002-01-01 00:00:00.000000 UTC')}`)).toEqual([])
    expect(await list(`before=${encodeURIComponent('2097-01-01 00:00:00.000000 UTC')}`)).toEqual(times)
  })

  test('go by the stated time where an instructor hands in on behalf', async () => {
    const timestamp = '2002-01-01 00:00:00.000000 UTC'
    const query = `student=ola&timestamp=${encodeURIComponent(timestamp)}`
    const receipt = await service.api(
      ina,
      `courses/bio/assignments/late/submissions?${query}`,
      upload(archive('ola')),
    )
    expect(await receipt.json()).toMatchObject({
      student: 'ola',
      submitted_by: 'ina',
      effective_at: '2002-01-01T00:00:00.000000Z',
    })
    expect(await list('student=ola&before=2003-01-01T00:00:00Z')).toEqual([timestamp])
    const [item] = await collections(ina, { ...of, user_id: 'ola' })
    expect(item).toMatchObject({ student_id: 'ola', timestamp })
  })

  test('a time is stored as an old client wrote it, and answered everywhere in our spelling', async () => {
    const sent = '2026-02-03T04:05:06+01:00'
    const spelt = '2026-02-03 03:05:06.000000 UTC'
    const [odd, uma] = [{ ...of, assignment_id: 'odd' }, person('uma', 'Student')]
    await post(service, ina, ['assignment', odd, 'r', 'p1'])
    const handed = await post(service, uma, ['submission', { ...odd, timestamp: sent }, 'x'])
    const names = { notebook: 'p1', student: 'uma', timestamp: sent, checksum: 'abc' }
    await post(service, ina, ['feedback', { ...odd, ...names }, '<p>'])
    const answers = [
      handed,
      await (await service.api(ina, 'submissions?assignment_id=odd&feedback=true')).json(),
      await (await service.api(uma, 'me/submissions?assignment_id=odd')).json(),
      await (await service.api(uma, 'courses/bio/assignments/odd/feedback')).json(),
      await call(service, ina, ['GET', 'collections', odd]),
      await call(service, uma, ['GET', 'assignments', { course_id: 'bio' }]),
      await call(service, uma, ['GET', 'history', { action: 'submitted' }]),
      await call(service, uma, ['GET', 'feedback', odd]),
    ].map((answer) => JSON.stringify(answer))
    for (const answer of answers) expect(answer).toContain(spelt)
    for (const answer of answers) expect(answer).not.toContain('2026-02-03T')
    const { feedback = [], submissions = [] } = (await stored(service)).rows
    for (const rows of [feedback, submissions])
      expect(rows.filter(({ timestamp }) => timestamp === sent)).toHaveLength(1)
  })

  test('an old client’s retry with the same time and bytes is the same submission, with other bytes a refusal', async () => {
    const timestamp = '2026-01-01 00:00:00.000001 UTC'
    const hand = (content: string) => post(service, sam, ['submission', { ...of, timestamp }, content])
    const first = await hand('same')
    expect(await hand('same')).toEqual(first)
    expect(await hand('other')).toMatchObject({ success: false, code: 'conflict' })
    expect((await list('student=sam')).filter((time) => time === timestamp)).toHaveLength(1)
  })

  test('on behalf of somebody whom the course has not seen enrols them there, and changes no role', async () => {
    const members = async () => {
      const answer = await service.api(ina, 'courses/bio/members')
      const found = ((await answer.json()) as { members: { name: string; role: string }[] }).members
      return found.filter(({ name }) => ['ina', 'cara'].includes(name)).map(({ name, role }) => [name, role])
    }
    expect(await members()).toEqual([['ina', 'Instructor']])
    for (const student of ['cara', 'ina']) {
      const path = `courses/bio/assignments/late/submissions?student=${student}`
      expect((await service.api(ina, path, upload(archive(student)))).status).toBe(201)
    }
    expect(await members()).toEqual([
      ['cara', 'Student'],
      ['ina', 'Instructor'],
    ])
  })

  test('on behalf of somebody known elsewhere only does not read or change their other courses', async () => {
    const receipt = await service.api(
      ina,
      'courses/bio/assignments/late/submissions?student=cleo',
      upload(archive('c')),
    )
    expect(receipt.status).toBe(201)
    const cleo = person('cleo', 'Student', 'chem')
    const own = (await (await service.api(cleo, 'me/submissions')).json()) as {
      submissions: { course_id: string }[]
    }
    expect(own.submissions.map(({ course_id }) => course_id)).toEqual(['chem'])
  })
})
