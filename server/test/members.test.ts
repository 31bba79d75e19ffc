import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { call } from './legacy-client.ts'
import { archive, type Person, person, startTestService, type TestService, upload } from './start.ts'
import { stored } from './stored.ts'

const ina = person('ina', 'Instructor')
let service: TestService

beforeAll(async () => {
  service = await startTestService()
  await service.api(ina, 'courses/bio/assignments/ps1/releases?notebook=p1', upload(archive('r')))
})
afterAll(() => service.close())

async function get(who: Person | null, path: string) {
  const answer = await service.api(who, path)
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const membersNow = async () =>
  (await get(ina, 'courses/bio/members?limit=5000')).body.members as { name: string; role: string }[]

describe('roles', () => {
  test('count in the course that the request names, not in the one that was opened', async () => {
    const both = [
      { course_id: 'bio', course_role: 'Student' },
      { course_id: 'chem', course_role: 'Instructor' },
    ]
    for (const open of both) {
      const mix = { name: 'mix', ...open, courses: both }
      const release = (course: string) =>
        service.api(mix, `courses/${course}/assignments/mixed/releases?force=true`, upload(archive('m')))
      expect([(await release('chem')).status, (await release('bio')).status]).toEqual([201, 403])
      expect(
        await call(service, mix, ['GET', 'collections', { course_id: 'bio', assignment_id: 'ps1' }]),
      ).toMatchObject({ success: false })
    }
  })

  test.each(['Instructor', 'instructor', 'INSTRUCTOR', 'iNsTrUcToR'])('%s teaches', async (role) => {
    expect((await get(person('t', role), 'courses')).body.courses).toMatchObject([
      { role, is_instructor: true },
    ])
  })

  test.each([
    'Instructor ',
    ' Instructor',
    'İnstructor',
    'ınstructor',
    'Instructors',
    'TA',
    'Teacher',
    'admin',
    '*',
    'Student',
  ])('%j does not teach', async (role) => {
    const somebody = person('s', role)
    expect((await get(somebody, 'courses')).body.courses).toMatchObject([{ role, is_instructor: false }])
    expect((await get(somebody, 'submissions?course_id=bio')).status).toBe(403)
  })

  test('that the site configures teach', async () => {
    const site = await startTestService({
      NBEX_INSTRUCTOR_ROLES: '["Instructor","TeachingAssistant","Marker"]',
    })
    const role = async (name: string) => {
      const answer = await site.api(person('t', name), 'courses')
      return ((await answer.json()) as { courses: { is_instructor: boolean }[] }).courses[0]?.is_instructor
    }
    for (const name of ['teachingassistant', 'Instructor', 'MARKER'])
      expect([name, await role(name)]).toEqual([name, true])
    // The last is spelt with the sign for kelvin, which Unicode lower-cases to a k.
    for (const name of ['TA', 'Mar\u212aer']) expect([name, await role(name)]).toEqual([name, false])
    await site.close()
  })

  test('that are gone end at once: a former instructor, and whoever left the course', async () => {
    const ivo = person('ivo', 'Instructor')
    const seen = async () => {
      const { members } = (await get(ina, 'courses/bio/members?limit=5000')).body
      return (members as { name: string; role: string; asserted_at: string }[]).find(
        ({ name }) => name === 'ivo',
      )
    }
    expect((await get(ivo, 'courses/bio/members')).status).toBe(200)
    const before = await seen()
    expect((await get(person('ivo', 'Student'), 'courses/bio/members')).status).toBe(403)
    const after = await seen()
    expect([before?.role, after?.role]).toEqual(['Instructor', 'Student'])
    expect(String(after?.asserted_at) > String(before?.asserted_at)).toBe(true)
    expect((await get(person('ivo', 'Student', 'chem'), 'courses/bio/assignments/ps1')).status).toBe(403)
    const names = { course_id: 'bio', assignment_id: 'ps1' }
    expect(await call(service, person('ivo', 'Student'), ['DELETE', 'assignment', names])).toMatchObject({
      success: false,
    })
  })

  test('are asked for again at the end of a long upload', async () => {
    const directory = service.directory
    await writeFile(
      join(directory, 'moody.ts'),
      `export default class Moody {
        #role = 'Instructor'
        async getCurrentUser(request: { headers: Record<string, string | undefined> }) {
          const role = this.#role
          if (request.headers['x-role']) this.#role = request.headers['x-role']
          return { name: 'ina', course_id: 'bio', course_role: role }
        }
      }`,
    )
    const site = await startTestService({ NBEX_USER_PLUGIN: join(directory, 'moody.ts') })
    const partials = () => readdir(join(site.directory, 'storage/partial')).catch(() => [])
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    async function* slowly() {
      yield archive('begun as an instructor')
      await expect.poll(partials).toHaveLength(1)
      await fetch(`${site.url}api/v1/me`, { headers: { 'x-role': 'Student' } })
      vi.advanceTimersByTime(5_500)
      yield Buffer.from('ended as a student')
    }
    const answer = await fetch(`${site.url}api/v1/courses/bio/assignments/ps1/releases`, {
      method: 'POST',
      body: slowly(),
      duplex: 'half',
      headers: { 'content-type': 'application/gzip' },
    } as RequestInit)
    expect(answer.status).toBe(403)
    const left = await stored(site)
    expect([left.files, left.rows.assignments]).toEqual([[], []])
    await site.close()
  })
})

describe('a sign-in that describes somebody incompletely', () => {
  test.each([
    [{ name: '' }, 'name'],
    [{ name: 'a\u202eb' }, 'name'],
    [{ name: 'x'.repeat(201) }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: 'o', email: ['a@x'] }, 'email'],
    [{ name: 'o', course_id: 'bio' }, 'course_role in bio'],
    [{ name: 'o', course_role: 'Student' }, 'course_id'],
    [{ name: 'o', course_id: 'a/b', course_role: 'Student' }, 'course_id'],
    [{ name: 'o', courses: [{ course_id: '..', course_role: 'Student' }] }, 'course_id'],
    [{ name: 'o', courses: [{ course_id: 'bio' }] }, 'course_role in bio'],
    [{ name: 'o', courses: 'bio' }, 'courses'],
    [{ name: 'o', courses: [null] }, 'courses'],
  ])('is refused: %j', async (identity, field) => {
    const before = await stored(service)
    const { body, status } = await get(identity as unknown as Person, 'me')
    const refusal = { code: 'forbidden', reason: 'identity_incomplete', params: { field } }
    expect([status, body]).toMatchObject([403, refusal])
    expect(body.message).toContain(`${field} is wrong`)
    expect(await stored(service)).toEqual(before)
  })
})

describe('organisations', () => {
  test.each([
    ['1', 1],
    [1, 1],
    [null, 1],
    [undefined, 1],
    ['007', 7],
    [0, 0],
    [2 ** 31 - 1, 2 ** 31 - 1],
  ])('%j is organisation %d', async (org_id, expected) => {
    expect((await get({ name: 'o', org_id }, 'me')).body.org_id).toBe(expected)
  })

  test.each([
    1.9,
    '1.9',
    '1e0',
    -1,
    '-1',
    ' 1',
    '1 ',
    '',
    'one',
    true,
    [1],
    {},
    2 ** 31,
    '99999999999',
    'NaN',
  ])('%j is none', async (org_id) => {
    const { status, body } = await get({ name: 'o', org_id }, 'me')
    expect([status, body.code]).toEqual([403, 'forbidden'])
  })

  test('know nothing of each other: the same names, codes and times are other things', async () => {
    const other = (name: string, role: string) => person(name, role, 'bio', { org_id: 2 })
    const path = 'courses/bio/assignments/ps1'
    expect((await get(other('ina', 'Instructor'), 'assignments')).body.assignments).toEqual([])
    await service.api(other('ina', 'Instructor'), `${path}/releases`, upload(archive('of two')))
    await service.api(other('sam', 'Student'), `${path}/submissions`, upload(archive('of two')))
    const purge = { assignment_id: 'ps1' }
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', body: JSON.stringify(purge), headers }
    expect((await service.api(other('ina', 'Instructor'), `${path}/purge`, init)).status).toBe(204)
    expect((await get(ina, path)).body).toMatchObject({ status: 'released' })
    expect((await get(ina, 'submissions')).body.submissions).toEqual([])
  })
})

describe('people', () => {
  test('of whom the sign-in says something new are known by it, and what it leaves out stays', async () => {
    const whole = { full_name: 'Pia Old', email: 'old@x', lms_user_id: '1' }
    const pia = (more: Record<string, unknown>) => person('pia', 'Student', 'bio', more)
    const known = async () => (await membersNow()).find(({ name }) => name === 'pia')
    await get(pia(whole), 'me')
    for (const one of [{ full_name: 'Pia New' }, { email: 'new@x' }, { lms_user_id: '2' }]) {
      await get(pia(one), 'me')
      expect(await known()).toMatchObject(Object.assign(whole, one))
    }
    for (const course_title of ['Biology', 'Botany']) {
      await get(pia({ course_title }), 'me')
      expect((await get(ina, 'courses')).body.courses).toMatchObject([{ title: course_title }])
    }
  })

  test('whose names differ by case, form, spaces or an escape are different people', async () => {
    const names = ['alice', 'Alice', 'álice', 'a\u0301lice', 'alice ', 'a/b', 'a%2Fb', 'ａlice']
    for (const name of names) {
      const receipt = await service.api(
        person(name, 'Student'),
        'courses/bio/assignments/ps1/submissions',
        upload(archive(name)),
      )
      expect([name, receipt.status]).toEqual([name, 201])
    }
    for (const name of names) {
      const own = (await get(person(name, 'Student'), 'me/submissions')).body.submissions as {
        student: string
      }[]
      expect(own.map(({ student }) => student)).toEqual([name])
      const found = (await get(ina, `submissions?student=${encodeURIComponent(name)}`)).body.submissions
      expect(found).toMatchObject([{ student: name }])
    }
  })

  test('who come for the first time twenty times at once are one person, and nobody sees an error', async () => {
    const course = 'first-time'
    const before = await stored(service)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        n % 2
          ? service.api(person('neo', 'Student', course), 'me')
          : service.request(person('neo', 'Student', course), `assignments?course_id=${course}`),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const { rows } = await stored(service)
    const grown = Object.entries(rows).map(([table, all]) => [
      table,
      all.length - (before.rows[table]?.length ?? 0),
    ])
    expect(grown.filter(([, by]) => by !== 0)).toEqual([
      ['users', 1],
      ['courses', 1],
      ['members', 1],
    ])
  })

  test('are kept up to date: what a sign-in says counts, what it leaves out stays', async () => {
    const known = async () => (await membersNow()).find(({ name }) => name === 'kit')
    await get(person('kit', 'Student', 'bio', { full_name: 'Kit A', email: 'kit@example.com' }), 'me')
    expect(await known()).toMatchObject({ full_name: 'Kit A', email: 'kit@example.com', lms_user_id: null })
    await get(person('kit', 'Student', 'bio', { full_name: 'Kit B', lms_user_id: '7' }), 'me')
    expect(await known()).toMatchObject({ full_name: 'Kit B', email: 'kit@example.com', lms_user_id: '7' })
  })

  test('who are forgotten come back when the sign-in lists them again', async () => {
    await get(person('gus', 'Student'), 'me')
    expect((await service.api(ina, 'courses/bio/members/gus', { method: 'DELETE' })).status).toBe(204)
    expect((await membersNow()).map(({ name }) => name)).not.toContain('gus')
    expect((await service.api(ina, 'courses/bio/members/gus', { method: 'DELETE' })).status).toBe(404)
    await get(person('gus', 'Student'), 'me')
    expect((await membersNow()).map(({ name }) => name)).toContain('gus')
  })

  test('page by page are all of them, once each', async () => {
    const all = (await membersNow()).map(({ name }) => name)
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { body } = await get(ina, `courses/bio/members?limit=3${after}`)
      seen.push(...(body.members as { name: string }[]).map(({ name }) => name))
      cursor = body.next as string | null
    }
    expect(seen).toEqual(all)
  })

  test('who are in many courses see each of them once, by code', async () => {
    const courses = ['b', 'a', 'c'].map((course_id) => ({ course_id, course_role: 'Student' }))
    const { body } = await get(
      { name: 'multi', courses, course_id: 'a', course_role: 'Instructor' },
      'courses',
    )
    expect(body.courses).toMatchObject([
      { course_id: 'a', role: 'Instructor' },
      { course_id: 'b' },
      { course_id: 'c' },
    ])
  })
})

describe('a course that somebody is not in', () => {
  const sam = person('sam', 'Student', 'chem')
  const calls = [
    'members',
    'assignments/ps1',
    'assignments/ps1/releases',
    'assignments/ps1/releases/latest/content',
    'assignments/ps1/submissions/x',
    'assignments/ps1/feedback',
  ]

  test('looks the same whether it is there or not, to members of others and to nobody', async () => {
    for (const who of [sam, { name: 'lone' }, null]) {
      for (const path of calls) {
        const [there, not] = [await get(who, `courses/bio/${path}`), await get(who, `courses/boo/${path}`)]
        expect(JSON.parse(JSON.stringify(there).replaceAll('bio', 'boo'))).toEqual(not)
      }
    }
  })

  test('looks the same on the legacy face, too', async () => {
    for (const path of ['assignments', 'assignment', 'collections', 'collection', 'feedback']) {
      const names = { assignment_id: 'ps1', path: '/x' }
      const there = await call(service, sam, ['GET', path, { course_id: 'bio', ...names }])
      const not = await call(service, sam, ['GET', path, { course_id: 'boo', ...names }])
      expect(JSON.parse(JSON.stringify(there).replaceAll('bio', 'boo'))).toEqual(not)
    }
  })

  test('is not made by asking for it', async () => {
    const before = await stored(service)
    await get(sam, 'courses/unheard-of/assignments/ps1')
    expect((await stored(service)).rows.courses).toEqual(before.rows.courses)
  })
})
