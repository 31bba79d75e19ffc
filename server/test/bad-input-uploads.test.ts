import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, expectNothingStored, newWorld, refusalOf, type World } from './bad-input.ts'
import { exchangeRaw, head } from './raw-http.ts'
import { signInOf } from './role-matrix.ts'
import { archive, signIn, upload } from './start.ts'

const MAX = 10_000
const PS1 = 'api/v1/courses/bio/assignments/ps1'
const gzip = { 'content-type': 'application/gzip' }
let world: World

beforeAll(async () => {
  world = await newWorld({ NBEX_MAX_BUFFER_SIZE: String(MAX) })
})
afterAll(() => world.service.close())

/** Every route that takes a file as it is, with what it takes. */
const routes = () => {
  const at = encodeURIComponent(String(world.places.timestamp))
  return [
    { method: 'POST', path: `${PS1}/releases?force=true`, type: 'application/gzip' },
    { method: 'POST', path: `${PS1}/submissions`, type: 'application/gzip' },
    { method: 'PUT', path: `${PS1}/feedback/sam/${at}/p1`, type: 'text/html' },
  ]
}
type Route = ReturnType<typeof routes>[number]

const digest = (bytes: Buffer) => `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
const other = digest(Buffer.from('other'))

/** What is sent, and the refusal; `null` as the body's type stands for the one that the route takes. */
const BODIES: Record<
  string,
  { body?: Buffer; headers?: Record<string, string>; gives: string; only?: string }
> = {
  'no body': { body: Buffer.alloc(0), gives: '400 invalid' },
  'no type': { headers: { 'content-type': '' }, gives: '415 unsupported' },
  'the type of text': { headers: { 'content-type': 'text/plain' }, gives: '415 unsupported' },
  'the type of a form': {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    gives: '415 unsupported',
  },
  'the type of a multipart form': {
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    gives: '415 unsupported',
  },
  'a type that is none': { headers: { 'content-type': 'gzip' }, gives: '415 unsupported' },
  'a content encoding': { headers: { 'content-encoding': 'gzip' }, gives: '415 unsupported' },
  'no gzip': { body: Buffer.from('PK\x03\x04'), gives: '400 invalid', only: 'application/gzip' },
  'one byte': { body: Buffer.of(0x1f), gives: '400 invalid', only: 'application/gzip' },
  'nothing but zeros': { body: Buffer.alloc(100), gives: '400 invalid', only: 'application/gzip' },
  'the digest of something else': { headers: { 'repr-digest': other }, gives: '400 digest_mismatch' },
  'the content digest of something else': {
    headers: { 'content-digest': other },
    gives: '400 digest_mismatch',
  },
  'a digest that is none': { headers: { 'repr-digest': 'sha-256=abc' }, gives: '400 invalid' },
  'a digest that is too short': { headers: { 'repr-digest': 'sha-256=:AAAA:' }, gives: '400 invalid' },
  'two digests that differ': {
    headers: { 'repr-digest': other, 'content-digest': digest(Buffer.from('third')) },
    gives: '400 invalid',
  },
  'more than the limit': { body: archive(Buffer.alloc(MAX - 3)), gives: '413 too_large' },
  'an idempotency key with a space': {
    headers: { 'idempotency-key': 'a b' },
    gives: '400 invalid',
    only: 'application/gzip',
  },
  'an idempotency key of 201 characters': {
    headers: { 'idempotency-key': 'x'.repeat(201) },
    gives: '400 invalid',
    only: 'application/gzip',
  },
}

async function send(
  route: Route,
  change: { body?: Buffer; headers?: Record<string, string>; query?: string },
) {
  const headers = { 'content-type': route.type, ...change.headers }
  const mark = route.path.includes('?') ? '&' : '?'
  return ask(world.service, {
    who: signInOf('ina'),
    method: route.method,
    path: route.path + (change.query === undefined ? '' : mark + change.query),
    headers: headers['content-type'] === '' ? {} : headers,
    body: change.body ?? archive('good'),
  })
}

describe('a raw upload', () => {
  test.each(Object.entries(BODIES))(
    'with %s is refused and leaves nothing',
    async (_, { gives, only, ...change }) => {
      await expectNothingStored(world.service, async () => {
        for (const route of routes().filter(({ type }) => only === undefined || type === only)) {
          expect([route.path, refusalOf(await send(route, change))]).toEqual([route.path, gives])
        }
      })
    },
  )

  test('with the type of JSON is refused, whatever the JSON', async () => {
    await expectNothingStored(world.service, async () => {
      for (const route of routes()) {
        for (const body of ['{}', '{', '', '"x"', '['.repeat(60_000)]) {
          const answer = await send(route, {
            body: Buffer.from(body),
            headers: { 'content-type': 'application/json' },
          })
          expect([route.path, refusalOf(answer)]).toEqual([
            route.path,
            expect.stringMatching(/^4(00 invalid|15 unsupported)$/),
          ])
        }
      }
    })
  })

  test('that grows beyond the limit without saying so is cut and refused', async () => {
    const { port } = new URL(world.service.url)
    const size = MAX + 1
    await expectNothingStored(world.service, async () => {
      for (const route of routes()) {
        const headers = {
          ...signIn(signInOf('ina')),
          'Content-Type': route.type,
          'Transfer-Encoding': 'chunked',
        }
        const line = `${route.method} /services/nbexchange/${route.path}`
        const body = archive(Buffer.alloc(size - 4)).toString('latin1')
        const chunked = `${size.toString(16)}\r\n${body}\r\n0\r\n\r\n`
        const bytes = Buffer.from(head(line, { ...headers, Connection: 'close' }) + chunked, 'latin1')
        const text = await exchangeRaw(Number(port), bytes)
        expect([route.path, text.split(' ')[1], text.includes('"too_large"')]).toEqual([
          route.path,
          '413',
          true,
        ])
      }
    })
  })

  test('of exactly the limit is taken, and feedback is never longer than 50 MiB', async () => {
    const { service } = await newWorld({ NBEX_MAX_BUFFER_SIZE: '1000000000' })
    const at = encodeURIComponent('2020-01-01 00:00:00.000000 UTC')
    const headers = {
      ...signIn(signInOf('ina')),
      'Content-Type': 'text/html',
      'Content-Length': 50 * 1024 * 1024 + 1,
    }
    const line = `PUT /services/nbexchange/${PS1}/feedback/sam/${at}/p1`
    const text = await exchangeRaw(
      Number(new URL(service.url).port),
      head(line, { ...headers, Connection: 'close' }),
    )
    expect(text.split(' ')[1]).toBe('413')
    await service.close()
    for (const route of routes()) {
      const answer = await send(route, { body: archive(Buffer.alloc(MAX - 4)) })
      expect([route.path, answer.status, answer.json.size]).toEqual([route.path, 201, MAX])
    }
  })

  test('is stored as it is: what follows the gzip, or is missing from it, is not the service’s business', async () => {
    const good = gzipSync('x'.repeat(1000))
    const wrongSum = Buffer.from(good)
    wrongSum[good.length - 8] = (good[good.length - 8] ?? 0) ^ 1
    const bodies = [
      Buffer.concat([good, Buffer.from('garbage')]),
      good.subarray(0, -4),
      wrongSum,
      Buffer.concat([good, good]),
    ]
    for (const body of bodies) {
      const receipt = await send(
        { method: 'POST', path: `${PS1}/submissions`, type: 'application/gzip' },
        { body },
      )
      expect(receipt.status).toBe(201)
      const content = await world.service.api(
        signInOf('ina'),
        `courses/bio/assignments/ps1/submissions/${receipt.json.id}/content`,
      )
      expect(Buffer.from(await content.arrayBuffer())).toEqual(body)
    }
  })
})

describe('the notebooks of an upload', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => `notebook=${n}`).join('&')

  test.each([
    ['a slash', 'notebook=a%2Fb'],
    ['a backslash', 'notebook=a%5Cb'],
    ['a folder’s name', 'notebook=..'],
    ['a line break', 'notebook=a%0Ab'],
    ['129 characters', `notebook=${'x'.repeat(129)}`],
    ['more than a thousand', many(1001)],
  ])('with %s are refused, and the file is gone again', async (_, query) => {
    await expectNothingStored(world.service, async () => {
      for (const route of routes().filter(({ type }) => type === 'application/gzip')) {
        expect(refusalOf(await send(route, { query }))).toBe('400 invalid')
      }
    })
  })

  test('may be none, a thousand, or named twice', async () => {
    for (const route of routes().filter(({ type }) => type === 'application/gzip')) {
      const counted = async (query: string) =>
        ((await send(route, { query })).json.notebooks as string[]).length
      expect([
        await counted(''),
        await counted(many(1000)),
        await counted('notebook=b&notebook=a&notebook=b'),
      ]).toEqual([0, 1000, 2])
    }
  })
})

describe('what is not there', () => {
  test('takes no upload: unknown, unreleased and purged assignments', async () => {
    const ina = signInOf('ina')
    for (const code of ['unreleased', 'purged']) {
      await world.service.api(ina, `courses/bio/assignments/${code}/releases`, upload(archive('r')))
      await world.service.api(ina, `courses/bio/assignments/${code}`, { method: 'DELETE' })
    }
    const body = JSON.stringify({ assignment_id: 'purged' })
    const headers = { 'content-type': 'application/json' }
    await world.service.api(ina, 'courses/bio/assignments/purged/purge', { method: 'POST', body, headers })
    await expectNothingStored(world.service, async () => {
      for (const code of ['unknown', 'unreleased', 'purged']) {
        for (const who of ['ina', 'sam']) {
          const path = `api/v1/courses/bio/assignments/${code}/submissions`
          const sent = { who: signInOf(who), method: 'POST', path, headers: gzip, body: archive('x') }
          expect([code, who, refusalOf(await ask(world.service, sent))]).toEqual([code, who, '404 not_found'])
        }
      }
    })
  })
})
