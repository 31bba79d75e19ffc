import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ask,
  expectNothingStored,
  FACES,
  type Face,
  newWorld,
  refusalOf,
  requestOf,
  sendRow,
  type World,
} from './bad-input.ts'
import { exchangeRaw } from './raw-http.ts'
import { faces, type Row, signInOf } from './role-matrix.ts'

let world: World
beforeAll(async () => {
  world = await newWorld()
})
afterAll(() => world.service.close())

const writing = (face: Face) => faces[face].filter((row) => row.method !== 'GET' && row.expected.ina !== 501)

describe('addresses and verbs', () => {
  const paths = FACES.flatMap((face) =>
    faces[face].filter(({ address }) => address !== '').map((row) => requestPath(face, row)),
  )

  function requestPath(face: Face, row: Row) {
    return (face === 'api' ? 'api/v1/' : '') + (row.address.split('?', 1)[0] ?? '').replaceAll(/:\w+/g, 'x')
  }

  test.each([...new Set(paths)])('%s: other verbs are 405 and name those there are', async (path) => {
    await expectNothingStored(world.service, async () => {
      for (const method of ['PATCH', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'POST', 'GET', 'HEAD']) {
        const known = [
          ...faces.api.map((row) => ['api', row] as const),
          ...faces.legacy.map((row) => ['legacy', row] as const),
        ]
          .filter(([face, row]) => requestPath(face, row) === path)
          .map(([, row]) => row.method)
        if (known.includes(method) || (method === 'HEAD' && known.includes('GET'))) continue
        const answer = await ask(world.service, { who: signInOf('ina'), method, path })
        expect([method, answer.status]).toEqual([method, 405])
        expect(String(answer.headers.allow).split(', ').sort()).toEqual(
          [...new Set([...known, ...(known.includes('GET') ? ['HEAD'] : [])])].sort(),
        )
      }
    })
  })

  test.each([...new Set(paths)])('%s: doubled and trailing slashes, other letters are 404', async (path) => {
    const variants = [
      `${path}/`,
      `/${path}`,
      path.replace(/\//, '//').padEnd(path.length + 1, '/'),
      path.toUpperCase(),
    ]
    for (const variant of variants) {
      const answer = await ask(world.service, { who: signInOf('ina'), method: 'GET', path: variant })
      expect([variant, answer.status]).toEqual([variant, 404])
      refusalOf(answer)
    }
  })

  test('HEAD is GET without a body and without a trace in the log', async () => {
    await expectNothingStored(world.service, async () => {
      for (const face of FACES) {
        for (const row of faces[face].filter(({ method }) => method === 'GET')) {
          const answer = await sendRow(world, { face, row: { ...row, method: 'HEAD' } }, {})
          const expected = row.expected.ina
          expect([row.address, answer.status, answer.text]).toEqual([row.address, expected, ''])
        }
      }
    })
  })
})

describe('who is asking', () => {
  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ]
  const all = FACES.flatMap((face) => writing(face).map((row) => [face, row] as const))

  test.each(all)('%s %o: a page of another site changes nothing', async (face, row) => {
    await expectNothingStored(world.service, async () => {
      for (const headers of foreign) {
        expect(refusalOf(await sendRow(world, { face, row }, { headers }))).toBe('403 forbidden')
      }
    })
  })

  test('a sign-in that cannot be read signs nobody in, one that lacks something says what', async () => {
    const { service } = world
    const header = (value: string) => ({ 'x-exchange-user': value })
    const rows = FACES.flatMap((face) =>
      faces[face]
        .filter((row) => ![501].includes(Number(row.expected.ina)) && row.address !== '')
        .map((row) => ({ face, row })),
    )
    const unreadable = [
      '',
      '{',
      'null',
      '[]',
      '"ina"',
      '1',
      '{"name":"ina"',
      '\xff\xfe',
      'Bearer eyJhbGciOiJub25lIn0.e30.',
    ]
    const incomplete = [
      '{}',
      '{"name":""}',
      '{"name":["ina"]}',
      '{"name":"ina","course_id":"bio"}',
      '{"name":"ina","course_role":"Instructor"}',
      '{"name":"ina","org_id":1.9}',
      '{"name":"ina","org_id":"1e0"}',
      '{"name":"ina","org_id":-1}',
      '{"name":"ina","org_id":true}',
      '{"name":"ina","course_id":"../x","course_role":"Instructor"}',
      '{"name":"ina","courses":[{"course_id":"bio"}]}',
    ]
    await expectNothingStored(service, async () => {
      for (const { face, row } of rows) {
        const sent = requestOf(face, row, world.places)
        const statusOf = async (value: string) => {
          const answer = await ask(service, {
            ...sent,
            who: null,
            headers: { ...sent.headers, ...header(value) },
          })
          return [row.address, value, refusalOf(answer)]
        }
        const anonymous = face === 'api' ? '401 unauthenticated' : '403 unauthenticated'
        for (const value of unreadable) expect(await statusOf(value)).toEqual([row.address, value, anonymous])
        for (const value of incomplete)
          expect(await statusOf(value)).toEqual([row.address, value, '403 forbidden'])
      }
    })
  })

  test('a courses list that is no list of objects is an incomplete sign-in, not a defect', async () => {
    for (const courses of ['"bio"', '1', '{"a":1}', '[1]', '["bio"]', '[null]', '[[]]', 'true']) {
      const headers = { 'x-exchange-user': `{"name":"ina","courses":${courses}}` }
      const answer = await ask(world.service, { who: null, method: 'GET', path: 'api/v1/me', headers })
      expect([courses, refusalOf(answer)]).toEqual([courses, '403 forbidden'])
    }
  })

  test('headers and parameters that claim to be somebody else count for nothing', async () => {
    const claims = {
      'x-forwarded-user': 'ina',
      'x-user': 'ina',
      'x-forwarded-for': '10.0.0.1',
      'remote-user': 'ina',
    }
    const me = 'api/v1/me?user=ina&user_id=ina&student=ina&name=ina&course_role=Instructor'
    const answer = await ask(world.service, {
      who: signInOf('sam'),
      method: 'GET',
      path: me,
      headers: claims,
    })
    expect(answer.json).toMatchObject({ name: 'sam', courses: [{ is_instructor: false }] })
    const nobody = await ask(world.service, { who: null, method: 'GET', path: me, headers: claims })
    expect(refusalOf(nobody)).toBe('401 unauthenticated')
  })
})

describe('what is no HTTP', () => {
  const host = 'Host: x\r\nConnection: close\r\n'
  test.each([
    ['two lengths', `POST /x HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400],
    [
      'a length and chunks',
      `POST /x HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a header of 100 kB', `GET /x HTTP/1.1\r\n${host}X: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
    ['an address of 100 kB', `GET /x?${'x'.repeat(100_000)} HTTP/1.1\r\n${host}\r\n`, 431],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['a header with NUL', `GET /x HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`, 400],
  ])('%s is refused as JSON of both faces, and the connection is closed', async (_, bytes, status) => {
    const answer = await exchangeRaw(Number(new URL(world.service.url).port), Buffer.from(bytes, 'latin1'))
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .*connection: close`, 'is'))
    expect(JSON.parse(body)).toMatchObject({
      code: 'invalid',
      success: false,
      message: JSON.parse(body).note,
    })
  })
})
