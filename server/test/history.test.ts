import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordActions } from '../src/db/actions.ts'
import { ACTIONS, OLD_ACTIONS } from '../src/db/schema/log.ts'
import { newWorld, requestOf } from './bad-input.ts'
import { call, post } from './legacy-client.ts'
import { onDatabase } from './on-database.ts'
import { faces, signInOf } from './role-matrix.ts'
import { archive, type Person, person, startTestService, type TestService, upload } from './start.ts'

const ina = person('ina', 'Instructor')
const sam = person('sam', 'Student')
const tess = person('tess', 'Student')
const ps1 = { course_id: 'bio', assignment_id: 'ps1' }
const path = 'courses/bio/assignments/ps1'
const began = Date.now()
let service: TestService

interface Action {
  action: string
  at: string
  assignment_id: string | null
  user: string | null
  student: string | null
  file: { id: string; version: number | null } | null
}

interface Remembered {
  course_code: string
  course_id: number
  isInstructor: boolean
  role: Record<string, number>
  assignments: {
    assignment_code: string
    actions: { action: string; user: string; timestamp: string }[]
    action_summary: Record<string, number>
  }[]
}

beforeAll(async () => {
  service = await startTestService()
  await service.api(ina, `${path}/releases?notebook=p1`, upload(archive('r')))
  for (const who of [sam, tess]) {
    await (await service.api(who, `${path}/releases/latest/content`)).arrayBuffer()
    const receipt = await service.api(who, `${path}/submissions`, upload(archive(who.name)))
    const { id, timestamp } = (await receipt.json()) as { id: string; timestamp: string }
    await (await service.api(who, `${path}/submissions/${id}/content`)).arrayBuffer()
    await (await service.api(ina, `${path}/submissions/${id}/content`)).arrayBuffer()
    const page = `${path}/feedback/${who.name}/${encodeURIComponent(timestamp)}/p1`
    await service.api(ina, page, { method: 'PUT', body: '<p>', headers: { 'content-type': 'text/html' } })
    await (await service.api(who, page)).arrayBuffer()
  }
})
afterAll(() => service.close())

async function actionsOf(who: Person, query = ''): Promise<Action[]> {
  return ((await (await service.api(who, `history?${query}`)).json()) as { actions: Action[] }).actions
}

async function rememberedOf(who: Person, names: Record<string, string> = {}): Promise<Remembered[]> {
  return (await call(service, who, ['GET', 'history', names])).value as Remembered[]
}

const timeOf = (label: string) => Date.parse(`${label.slice(0, 23).replace(' ', 'T')}Z`)

describe('the log', () => {
  test('says who did what to whose work, newest first', async () => {
    expect((await actionsOf(ina)).map(({ action, user, student }) => [action, user, student])).toEqual([
      ['feedback_fetched', 'tess', 'tess'],
      ['feedback_released', 'ina', 'tess'],
      ['collected', 'ina', 'tess'],
      ['submitted', 'tess', 'tess'],
      ['fetched', 'tess', null],
      ['feedback_fetched', 'sam', 'sam'],
      ['feedback_released', 'ina', 'sam'],
      ['collected', 'ina', 'sam'],
      ['submitted', 'sam', 'sam'],
      ['fetched', 'sam', null],
      ['released', 'ina', null],
    ])
  })

  test('has for each action the time at which it happened, not one for all', async () => {
    const times = (await actionsOf(ina)).map(({ at }) => at)
    expect(new Set(times).size).toBe(times.length)
    expect([...times].sort().reverse()).toEqual(times)
    for (const time of times) {
      expect(timeOf(time)).toBeGreaterThanOrEqual(began)
      expect(timeOf(time)).toBeLessThanOrEqual(Date.now())
    }
  })

  test('shows a student releases and what is their own, an instructor everything', async () => {
    for (const face of [
      (await actionsOf(sam)).map(({ action, user }) => `${action} ${user}`),
      (await rememberedOf(sam)).flatMap(({ assignments }) =>
        assignments.flatMap(({ actions }) =>
          actions.map(({ action, user }) => `${action.split('.')[1]} ${user}`),
        ),
      ),
    ]) {
      expect(face.sort()).toEqual(['feedback_fetched sam', 'fetched sam', 'released ina', 'submitted sam'])
    }
  })

  test('filters by the student of that name in the own organisation', async () => {
    const [teacher, student] = [
      { ...ina, org_id: 2 },
      { ...sam, org_id: 2 },
    ]
    await service.api(teacher, `${path}/releases`, upload(archive('elsewhere')))
    await service.api(student, `${path}/submissions`, upload(archive('elsewhere')))
    expect((await actionsOf(teacher, 'student=sam')).map(({ action }) => action)).toEqual(['submitted'])
  })

  test('filters by action, assignment and student, and pages without a gap', async () => {
    expect((await actionsOf(ina, 'action=collected')).map(({ action }) => action)).toEqual([
      'collected',
      'collected',
    ])
    const ofSam = (await actionsOf(ina, 'student=sam')).map(({ action, user }) => `${action} ${user}`)
    expect(ofSam).toEqual([
      'feedback_fetched sam',
      'feedback_released ina',
      'collected ina',
      'submitted sam',
      'fetched sam',
    ])
    expect(await actionsOf(ina, 'assignment_id=nothing')).toEqual([])
    const all = await actionsOf(ina)
    const seen: Action[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const more: string = cursor === '' ? '' : `&cursor=${cursor}`
      const page = (await (await service.api(ina, `history?limit=3${more}`)).json()) as {
        actions: Action[]
        next: string | null
      }
      seen.push(...page.actions)
      cursor = page.next
    }
    expect(seen).toEqual(all)
  })

  test('says on the legacy face action and time of the submission as old clients know them', async () => {
    const [course] = await rememberedOf(sam, { action: 'submitted' })
    const [one] = (
      (await (await service.api(sam, 'me/submissions')).json()) as { submissions: { timestamp: string }[] }
    ).submissions
    expect(course?.assignments).toMatchObject([
      {
        assignment_code: 'ps1',
        actions: [{ action: 'AssignmentActions.submitted', user: 'sam', timestamp: one?.timestamp }],
        action_summary: { submitted: 1 },
      },
    ])
    const [none] = await rememberedOf(sam, { action: 'collected' })
    expect(none?.assignments).toMatchObject([{ assignment_code: 'ps1', actions: [] }])
  })

  test('forgets an assignment that was purged, not one that was unreleased', async () => {
    for (const code of ['purged', 'unreleased']) {
      await post(service, ina, ['assignment', { course_id: 'bio', assignment_id: code }, 'r', 'p1'])
    }
    await call(service, ina, [
      'DELETE',
      'assignment',
      { course_id: 'bio', assignment_id: 'purged', purge: 'true' },
    ])
    await call(service, ina, ['DELETE', 'assignment', { course_id: 'bio', assignment_id: 'unreleased' }])
    expect(await actionsOf(ina, 'assignment_id=purged')).toEqual([])
    const left = await actionsOf(ina, 'assignment_id=unreleased')
    expect(left.map(({ action }) => action)).toEqual(['removed', 'released'])
  })
})

describe('remembered courses', () => {
  test('show in the legacy history alone, with the role last asserted, and only for reading', async () => {
    await rememberedOf(person('rex', 'Student', 'bio'))
    const rex = person('rex', 'Instructor', 'chem')
    expect(
      (await rememberedOf(rex)).map(({ course_code, role, isInstructor }) => [
        course_code,
        role,
        isInstructor,
      ]),
    ).toEqual([
      ['bio', { Student: 1 }, false],
      ['chem', { Instructor: 1 }, true],
    ])
    expect((await actionsOf(rex)).map(({ action }) => action)).toEqual([])
    for (const [method, call_] of [
      ['GET', 'assignments'],
      ['GET', 'assignment'],
      ['GET', 'collections'],
    ] as const) {
      expect(await call(service, rex, [method, call_, ps1])).toMatchObject({ success: false })
    }
    expect(await post(service, rex, ['submission', ps1, 'x'])).toMatchObject({ success: false })
  })

  test('follow the role: a former instructor who is a student now reads as a student', async () => {
    await rememberedOf(person('ivo', 'Instructor'))
    const [course] = await rememberedOf(person('ivo', 'Student'))
    expect(course).toMatchObject({ course_code: 'bio', isInstructor: false, role: { Student: 1 } })
    const users = course?.assignments.flatMap(({ actions }) => actions.map(({ user }) => user)) ?? []
    expect(new Set(users)).toEqual(new Set(['ina']))
  })

  test('end when the membership is forgotten', async () => {
    await rememberedOf(person('gus', 'Student'))
    await service.api(ina, 'courses/bio/members/gus', { method: 'DELETE' })
    expect(
      (await rememberedOf(person('gus', 'Student', 'chem'))).map(({ course_code }) => course_code),
    ).toEqual(['chem'])
  })

  test('can be asked for by code or by number; a code in the place of the number filters nothing', async () => {
    const all = await rememberedOf(person('rex', 'Instructor', 'chem'))
    const rex = person('rex', 'Instructor', 'chem')
    const codes = async (names: Record<string, string>) =>
      (await rememberedOf(rex, names)).map(({ course_code }) => course_code)
    expect(await codes({ course_code: 'chem' })).toEqual(['chem'])
    expect(await codes({ course_id: String(all[0]?.course_id) })).toEqual(['bio'])
    expect(await codes({ course_id: 'chem' })).toEqual(['bio', 'chem'])
    expect(await codes({ course_code: 'nothing' })).toEqual([])
  })
})

describe('words that old clients do not know', () => {
  const nora = person('nora', 'Instructor', 'words')
  const theirs = { course_id: 'words', assignment_id: 'ps1' }
  const NEW = ACTIONS.filter((action) => !OLD_ACTIONS.some((old) => old === action))

  beforeAll(async () => {
    await post(service, nora, ['assignment', theirs, 'r', 'p1'])
    await onDatabase(service.databaseUrl, async (database) => {
      const course = await database
        .selectFrom('courses')
        .select(['id', 'org_id'])
        .where('code', '=', 'words')
        .executeTakeFirstOrThrow()
      const assignment = await database
        .selectFrom('assignments')
        .select('id')
        .where('course_id', '=', course.id)
        .executeTakeFirstOrThrow()
      const user = await database
        .selectFrom('users')
        .select('id')
        .where('name', '=', 'nora')
        .executeTakeFirstOrThrow()
      const row = { org_id: course.org_id, course_id: course.id, at: 1_800_000_000_000_000 }
      const about = { assignment_id: assignment.id, user_id: user.id, student_id: user.id }
      const bare = { assignment_id: null, user_id: null, detail: JSON.stringify({ by: 'sync' }) }
      await recordActions(
        database,
        NEW.flatMap((action) => [
          { ...row, ...about, action },
          { ...row, ...bare, action },
        ]),
      )
      await recordActions(database, [
        { ...row, course_id: null, assignment_id: null, user_id: null, action: 'user_renamed' },
      ])
    })
  })

  test('stand in the log, also without an assignment and without a user', async () => {
    const actions = (await actionsOf(nora, 'course_id=words')).filter(({ action }) => action !== 'released')
    expect(new Set(actions.map(({ action }) => action))).toEqual(new Set(NEW))
    expect(actions).toHaveLength(2 * NEW.length)
    for (const action of NEW) {
      const [bare, about] = await actionsOf(nora, `course_id=words&action=${action}`)
      expect(about).toMatchObject({ assignment_id: 'ps1', user: 'nora', student: 'nora', detail: null })
      expect(bare).toMatchObject({ assignment_id: null, user: null, student: null, detail: { by: 'sync' } })
    }
    expect(await actionsOf(nora, 'assignment_id=ps1&course_id=words&limit=1000')).toHaveLength(NEW.length + 1)
  })

  test('are in no answer that old clients get, whoever asks', async () => {
    for (const who of [nora, person('nick', 'Student', 'words')]) {
      const [course] = await rememberedOf(who, { course_code: 'words' })
      expect(course?.assignments).toMatchObject([
        { assignment_code: 'ps1', action_summary: { released: 1 }, actions: [{ user: 'nora' }] },
      ])
      const listed = await call(service, who, ['GET', 'assignments', { course_id: 'words' }])
      expect(listed.value).toMatchObject([{ status: 'released' }])
    }
    const refused = await call(service, nora, ['GET', 'history', { action: 'dates_set' }])
    expect(refused).toMatchObject({
      success: false,
      note: expect.stringMatching(/dates_set is not an action.*purged\.$/),
    })
  })
})

test('every time in every answer has six digits and its zone: labels as nbgrader writes them, instants of the API in RFC 3339', async () => {
  const label = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC$/
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/
  const world = await newWorld()
  let found = 0
  for (const face of ['api', 'legacy'] as const) {
    for (const row of faces[face].filter(({ method }) => method === 'GET')) {
      for (const who of ['ina', 'sam']) {
        const { path: address } = requestOf(face, row, world.places)
        const text = await (await world.service.request(signInOf(who), address)).text()
        for (const [, key, time] of text.matchAll(/"(\w+)":"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d[^"]*)"/g)) {
          found += 1
          const isLabel = face === 'legacy' || key === 'timestamp'
          expect(time, `${row.address} ${key}`).toMatch(isLabel ? label : instant)
        }
      }
    }
  }
  expect(found).toBeGreaterThan(50)
  await world.service.close()
})
