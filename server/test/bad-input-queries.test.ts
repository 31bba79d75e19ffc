import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ask,
  expectNothingStored,
  FACES,
  type Face,
  newWorld,
  refusalOf,
  sendRow,
  type World,
} from './bad-input.ts'
import { faces, type Row, signInOf } from './role-matrix.ts'

let world: World
beforeAll(async () => {
  world = await newWorld()
})
afterAll(() => world.service.close())

const withQuery = (face: Face) => faces[face].filter((row) => row.address.includes('?'))
const parametersOf = (row: Row) => [...new URLSearchParams(row.address.split('?')[1]).keys()]
const titled = (rows: Row[]) => rows.map((row) => [`${row.method} ${row.address}`, row] as const)

for (const face of FACES) {
  describe(`parameters, ${face} face`, () => {
    test.each(titled(withQuery(face)))('%s: two values for one parameter are refused', async (_, row) => {
      await expectNothingStored(world.service, async () => {
        const ignored = row.address.startsWith('feedback?') ? 'user_id' : ''
        for (const name of parametersOf(row).filter((one) => one !== ignored)) {
          const answer = await sendRow(world, { face, row }, { query: (query) => `${query}&${name}=other` })
          expect([name, refusalOf(answer)]).toEqual([name, '400 invalid'])
        }
      })
    })

    test.each(titled(withQuery(face).filter(({ method }) => method === 'GET')))(
      '%s: the same value twice counts once, and what is nobody’s parameter not at all',
      async (_, row) => {
        const once = await sendRow(world, { face, row }, {})
        const odd = '__proto__=x&constructor=y&course_id%5B%5D=z&course_id%5Ba%5D=z&toString=1'
        const twice = await sendRow(world, { face, row }, { query: (query) => `${query}&${query}&${odd}` })
        expect([twice.status, twice.text]).toEqual([once.status, once.text])
      },
    )
  })
}

const required = faces.legacy.filter((row) => row.expected.ina === 200 && row.address.includes('?'))

describe('parameters that old clients must send', () => {
  test.each(titled(required))('%s: each one missing or blank is a refusal that names it', async (_, row) => {
    await expectNothingStored(world.service, async () => {
      const optional = ['purge', 'user_id']
      for (const name of parametersOf(row).filter((one) => !optional.includes(one))) {
        const one = new RegExp(`(^|&)${name}=[^&]*`)
        for (const instead of ['', `$1${name}=`, `$1${name}=+%20`, `$1${name}%5B%5D=bio`]) {
          const answer = await sendRow(
            world,
            { face: 'legacy', row },
            { query: (query) => query.replace(one, instead) },
          )
          expect([name, refusalOf(answer)]).toEqual([name, '200 invalid'])
          expect(answer.json).toMatchObject({ reason: 'parameter_missing', params: { missing: [name] } })
          expect(answer.json.note).toContain(name)
        }
      }
    })
  })

  test('lists add an empty value to their refusals', async () => {
    for (const path of ['assignments', 'assignments?course_id=nothing', 'history?action=foo']) {
      const answer = await ask(world.service, { who: signInOf('ina'), method: 'GET', path })
      expect(answer.json).toMatchObject({ success: false, value: [] })
    }
  })
})

describe('values of the API’s filters', () => {
  const pages = ['courses/bio/members', 'submissions', 'me/submissions', 'history']
  const bad = [
    ...pages.flatMap((path) =>
      ['0', '-1', '5001', '1e9', 'all', '1.5', '%2B1x'].map((n) => `${path}?limit=${n}`),
    ),
    ...['submissions', 'me/submissions', 'history'].flatMap((path) =>
      ['x', '-1', '%F0%9F%8E%88', 'W10', 'bnVsbA', 'WzEsMiwzLDQsNV0', 'x'.repeat(5000)].map(
        (cursor) => `${path}?cursor=${cursor}`,
      ),
    ),
    ...['10', 'Jan', '2020-13-01', '9998-01-01', 'inf', 'NaN', '-'].map(
      (time) => `submissions?before=${time}`,
    ),
    ...['maybe', '2', 'TRUE!'].flatMap((flag) => [
      `submissions?latest=${flag}`,
      `submissions?feedback=${flag}`,
    ]),
    ...['foo', '__proto__', 'constructor', 'AssignmentActions.released', 'RELEASED'].map(
      (action) => `history?action=${action}`,
    ),
    ...['0', '-1', '1.5', 'newest', '1e3', '00', '9999999999'].map(
      (version) => `courses/bio/assignments/ps1/releases/${version}/content`,
    ),
  ]

  test.each(bad)('%s is refused', async (path) => {
    const answer = await ask(world.service, { who: signInOf('ina'), method: 'GET', path: `api/v1/${path}` })
    expect(refusalOf(answer)).toBe('400 invalid')
  })

  test('legacy history: what is no action is a refusal', async () => {
    for (const action of ['foo', '__proto__', 'constructor', 'AssignmentActions.released', '%25', '*']) {
      const path = `history?action=${action}`
      const answer = await ask(world.service, { who: signInOf('ina'), method: 'GET', path })
      expect([action, refusalOf(answer)]).toEqual([action, '200 invalid'])
    }
  })

  test('wildcards are ordinary characters in a filter', async () => {
    for (const name of ['%25', '*', '_', 's%25', 'SAM', 'sam%20', 's%C3%A0m']) {
      const one = { who: signInOf('ina'), method: 'GET' }
      const api = await ask(world.service, { ...one, path: `api/v1/submissions?student=${name}` })
      expect([name, api.json]).toEqual([name, { submissions: [], next: null }])
      const path = `collections?course_id=bio&assignment_id=ps1&user_id=${name}`
      expect([name, (await ask(world.service, { ...one, path })).json.value]).toEqual([name, []])
    }
  })

  test('only a plain yes purges; everything else, the word false too, unreleases', async () => {
    const { service } = await newWorld()
    for (const word of ['False', 'false', '0', 'no', '', 'on', 'purge', 'y', 'null']) {
      const path = `assignment?course_id=bio&assignment_id=ps1&purge=${word}`
      const answer = await ask(service, { who: signInOf('ina'), method: 'DELETE', path })
      expect([word, answer.json.success]).toEqual([word, true])
    }
    const restored = await service.api(signInOf('ina'), 'courses/bio/assignments/ps1/restore', {
      method: 'POST',
    })
    expect(restored.status).toBe(200)
    await service.close()
  })
})
