import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, expectNothingStored, newWorld, type World } from './bad-input.ts'
import { CALLS, FORM, file, form, post, value } from './legacy-forms.ts'
import { signInOf } from './role-matrix.ts'
import { stored } from './stored.ts'

let world: World
beforeAll(async () => {
  world = await newWorld()
})
afterAll(() => world.service.close())

const send = (path: string, body: Buffer) => post(world.service, path, { body })

describe('what a form says', () => {
  const [assignment, submission, feedback] = CALLS.map(({ path }) => path) as [string, string, string]
  const notebooks = (...names: string[]) => names.map((name) => value('notebooks', name))

  test('notebooks that could not be folders, or are more than a thousand, make nothing', async () => {
    const bad = [
      ['a/b'],
      ['..'],
      ['a\\b'],
      ['x'.repeat(129)],
      Array.from({ length: 1001 }, (_, n) => `n${n}`),
    ]
    await expectNothingStored(world.service, async () => {
      for (const names of bad) {
        for (const parts of [
          [...notebooks(...names), file('assignment')],
          [file('assignment'), ...notebooks(...names)],
        ]) {
          expect([names[0], await send(assignment, form(...parts))]).toEqual([names[0], '400 invalid'])
        }
      }
    })
  })

  test('notebooks named twice count once, and none at all is allowed', async () => {
    const named = async () => {
      const releases = await world.service.api(signInOf('ina'), 'courses/bio/assignments/ps1/releases')
      return ((await releases.json()) as { releases: { notebooks: string[] }[] }).releases[0]?.notebooks
    }
    expect(await send(assignment, form(file('assignment'), ...notebooks('b', 'a', 'b')))).toBe('ok')
    expect(await named()).toEqual(['a', 'b'])
    expect(await send(assignment, form(file('assignment')))).toBe('ok')
    expect(await named()).toEqual([])
    expect(await send(assignment, form(file('assignment'), ...notebooks('p1')))).toBe('ok')
  })

  const times = [
    '10',
    'Jan',
    'now',
    '0001-01-01',
    '99999-01-01',
    '9998-01-01 00:00:00.0 UTC',
    '1999-12-31 23:59:59.9 UTC',
  ]
  const alsoBad = [
    '2020-02-30 00:00:00.0 UTC',
    '2016-12-31 23:59:60 UTC',
    'inf',
    '-1',
    '2020-01-01T00:00:00+1',
    'x'.repeat(65),
  ]

  test.each([...times, ...alsoBad])('a timestamp %s is refused, and nothing is stored', async (time) => {
    await expectNothingStored(world.service, async () => {
      const query = `&timestamp=${encodeURIComponent(time)}`
      expect(await send(submission + query, form(file('assignment')))).toBe('400 invalid')
      const other = feedback.replace(/timestamp=[^&]*/, query.slice(1))
      expect(await send(other, form(file('feedback')))).toBe('400 invalid')
    })
  })

  test('a timestamp of nbgrader or of ISO 8601 is stored to the byte, and answered in our spelling', async () => {
    const good = [
      ['2020-05-01 00:00:00.123456 UTC', '2020-05-01 00:00:00.123456 UTC'],
      ['2020-05-02 00:00:00', '2020-05-02 00:00:00.000000 UTC'],
      ['2020-05-03T00:00:00Z', '2020-05-03 00:00:00.000000 UTC'],
      ['2020-05-04T00:00:00.5+14:00', '2020-05-03 10:00:00.500000 UTC'],
      ['2020-05-05T00:00:00.123456789Z', '2020-05-05 00:00:00.123456 UTC'],
    ] as const
    for (const [time, spelt] of good) {
      const path = `${submission}&timestamp=${encodeURIComponent(time)}`
      const headers = { 'content-type': FORM }
      const sent = {
        who: signInOf('sam'),
        method: 'POST',
        path,
        headers,
        body: form(file('assignment', time)),
      }
      const { receipt } = (await ask(world.service, sent)).json as { receipt: { timestamp: string } }
      expect(receipt).toMatchObject({ timestamp: spelt, received_at: expect.not.stringContaining('2020-') })
    }
    const labels = (await stored(world.service)).rows.submissions?.map(({ timestamp }) => timestamp)
    expect(labels).toEqual(expect.arrayContaining(good.map(([time]) => time)))
  })

  test('a student hands in as themselves, whatever the form, query or headers say', async () => {
    const claims = ['user_id', 'student_id', 'student', 'user', 'name']
    const query = claims.map((name) => `&${name}=tess`).join('')
    const headers = { 'content-type': FORM, 'x-user': 'tess' }
    const body = form(...claims.map((name) => value(name, 'tess')), file('assignment', 'as tess'))
    const path = submission + query
    const answer = await ask(world.service, { who: signInOf('sam'), method: 'POST', path, headers, body })
    expect(answer.json.receipt).toMatchObject({ student: 'sam', submitted_by: 'sam' })
  })

  test('feedback’s checksum is a word that is given back, and never a place', async () => {
    const before = await stored(world.service)
    const path = feedback.replace('checksum=abc', `checksum=${encodeURIComponent('../../../../x')}`)
    expect(await send(path, form(file('feedback', 'elsewhere')))).toBe('ok')
    const made = (await stored(world.service)).files.filter((name) => !before.files.includes(name))
    expect(made).toEqual([expect.stringContaining(`${world.service.directory}/storage/1/feedback/`)])
  })

  test('feedback for somebody of another course or organisation is for nobody', async () => {
    await expectNothingStored(world.service, async () => {
      for (const student of ['cleo', 'cara', 'nobody', 'SAM', 'sam%20', 'lone']) {
        const path = feedback.replace('student=sam', `student=${student}`)
        expect([student, await send(path, form(file('feedback')))]).toEqual([student, '404 not_found'])
      }
    })
  })
})
