import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Identity, UserPlugin } from '../src/auth/user-plugin.ts'
import { ExchangeError } from '../src/errors.ts'
import { sendLegacyError } from '../src/http/errors.ts'
import { identify } from '../src/http/identity.ts'
import { multipartUpload } from '../src/http/multipart.ts'
import { answerUnknownRoutes } from '../src/http/not-found.ts'
import { queryOf } from '../src/http/query.ts'
import { rawUpload } from '../src/http/upload.ts'
import { exchangeRaw, head, listen, RawConnection } from './raw-http.ts'

const MEBIBYTE = 1024 * 1024
const QUICK = {
  patience: { headers: 15_000, idle: 200, window: 400, bytesPerSecond: 16_000, stalled: 400 },
  leftover: { bytes: MEBIBYTE, milliseconds: 300 },
}
let server: Awaited<ReturnType<typeof listen>>
const asked: string[] = []
/** How many wait for the end of their connection. */
let waiting = 0

/** Answers by the name in `Authorization`. */
const plugin: UserPlugin = {
  async getCurrentUser(request): Promise<Identity | null> {
    const name = String(request.headers.authorization ?? '').slice('Bearer '.length)
    asked.push(name)
    if (name === 'down') throw new Error('secret detail of the provider')
    if (name === 'incomplete') return { name: 'x', course_role: 'Student' }
    return name === '' ? null : { name, course_id: 'c', course_role: 'Student' }
  },
}

/** Errors, and what the old service answered in their place. */
const REFUSED_BY_THE_OLD_SERVICE: readonly (readonly [ExchangeError, number])[] = [
  [new ExchangeError('cursor_unknown'), 400],
  [new ExchangeError('action_unknown', { action: 'x', known: ['fetched'] }), 200],
  [new ExchangeError('parameter_missing', { required: ['course_id'], missing: ['course_id'] }), 200],
  [new ExchangeError('file_empty'), 200],
  [new ExchangeError('file_absent'), 412],
  [new ExchangeError('file_shorter_than_declared', { size: 1, declared_size: 2 }), 400],
  [new ExchangeError('not_signed_in'), 403],
  [new ExchangeError('not_instructor', { course: 'bio' }), 200],
  [new ExchangeError('identity_incomplete', { field: 'name', problem: 'missing' }), 403],
  [new ExchangeError('no_course'), 403],
  [new ExchangeError('no_assignment', { course: 'bio', assignment: 'ps1' }), 200],
  [new ExchangeError('no_such_course', { course: 'bio' }), 404],
  [new ExchangeError('key_reused'), 200],
  [new ExchangeError('file_too_large', { limit: 1 }), 400],
  [new ExchangeError('encoding_unknown'), 400],
  [new ExchangeError('call_never_there', { method: 'POST', path: '/collections' }), 501],
  [new ExchangeError('rate_exceeded', { seconds: 1 }), 429],
  [new ExchangeError('storage_full'), 507],
  [new ExchangeError('restarting'), 503],
]

beforeAll(async () => {
  server = await listen((app) => {
    answerUnknownRoutes(app, '/api/')
    app.get('/api/me', async (request) => ({ name: (await identify(request, plugin)).name }))
    app.get('/query', async (request) => ({
      a: queryOf(request).first('a') ?? null,
      all: queryOf(request).all('b'),
    }))
    app.get('/names/:name', async (request) => request.params)
    app.get('/defect', async () => {
      throw new Error('a path: /srv/secret')
    })
    app.get('/waits-for-the-end', async (request) => {
      waiting += 1
      await once(request.raw.socket, 'close')
      throw new Error('premature close')
    })
    app.post('/refuse', async () => {
      throw new ExchangeError('not_instructor', { course: 'bio' })
    })
    app.get('/busy', async (request) => {
      const { seconds } = request.query as { seconds?: string }
      const retryAfter = Number(seconds)
      throw seconds === undefined
        ? new ExchangeError('rate_exceeded', { seconds: 1 })
        : new ExchangeError('storage_overloaded', {}, { retryAfter })
    })
    app.post('/json', async (request) => request.body ?? null)
    app.post('/upload', async (request) => {
      await identify(request, plugin)
      let size = 0
      for await (const chunk of rawUpload(request).source) size += chunk.length
      return { size }
    })
    app.register(async (legacy) => {
      legacy.setErrorHandler(sendLegacyError)
      legacy.get('/legacy/:number', { config: { refusal: { value: [] } } }, async (request) => {
        const { number } = request.params as { number: string }
        throw REFUSED_BY_THE_OLD_SERVICE[Number(number)]?.[0]
      })
      legacy.get('/legacy-404', { config: { notFound: 404 } }, async () => {
        throw new ExchangeError('no_assignment', { course: 'bio', assignment: 'ps1' })
      })
      legacy.get('/legacy-me', async (request) => identify(request, plugin))
      legacy.post('/legacy-upload', async (request) => {
        await multipartUpload(request, { fileField: 'assignment' })
        throw new ExchangeError('not_instructor', { course: 'bio' })
      })
    })
  }, QUICK)
})
afterAll(() => server.app.close())

async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(server.url + path, { headers, method })
  const text = await response.text()
  return { status: response.status, headers: response.headers, json: text ? JSON.parse(text) : null }
}

describe('errors', () => {
  it('of ours are answered with the status of their code', async () => {
    expect(await get('/refuse', {}, 'POST')).toMatchObject({
      status: 403,
      json: {
        code: 'forbidden',
        reason: 'not_instructor',
        params: { course: 'bio' },
        message: 'You are not an instructor of course bio.',
      },
    })
  })

  it('that time heals say after how many seconds', async () => {
    const after = async (path: string) => {
      const { headers, status } = await get(path)
      return [status, headers.get('retry-after')]
    }
    expect(await after('/busy')).toEqual([429, '5'])
    expect(await after('/busy?seconds=17')).toEqual([503, '17'])
    expect(await after('/busy?seconds=0.2')).toEqual([503, '1'])
    expect((await get('/refuse', {}, 'POST')).headers.has('retry-after')).toBe(false)
  })

  it('that are defects show an id and nothing else, and are logged', async () => {
    const { status, json, headers } = await get('/defect')
    const id = headers.get('x-request-id')
    expect(status).toBe(500)
    expect(json).toMatchObject({ code: 'internal', reason: 'defect', params: { request: id } })
    expect(json.message).toContain(id)
    expect(JSON.stringify(json)).not.toContain('secret')
    expect(server.lines.find((line) => line.reqId === id && line.msg === 'defect')).toBeTruthy()
  })

  it('of addresses: 404 for unknown, 405 with Allow for known ones, both as JSON of their face', async () => {
    expect(await get('/api/nothing')).toMatchObject({ status: 404, json: { code: 'not_found' } })
    expect(await get('/nothing')).toMatchObject({
      status: 404,
      json: { success: false, note: expect.any(String) },
    })
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await get('/names/x', {}, method)
      expect(answer.status, method).toBe(405)
      expect(answer.headers.get('allow')).toBe('GET, HEAD')
    }
    for (const path of ['//api/me', '/api/me/', '/API/me', '/names/']) {
      expect((await get(path)).status, path).toBe(404)
    }
  })

  it('on the legacy face keep the statuses of the old service', async () => {
    for (const [number, [error, status]] of REFUSED_BY_THE_OLD_SERVICE.entries()) {
      const { code, message, params, reason } = error
      const json = { success: false, note: message, code, reason, params, message, value: [] }
      expect(await get(`/legacy/${number}`), reason).toMatchObject({ status, json })
    }
    expect((await get('/legacy-404')).status).toBe(404)
  })
})

describe('names and queries', () => {
  it('are decoded once and strictly', async () => {
    expect((await get('/names/a%2Fb%20%252B+%F0%9F%8E%88')).json).toEqual({ name: 'a/b %2B+🎈' })
    expect((await get('/query?a=x+y%2B%25zz&b=1&b=&b=2')).json).toEqual({ a: 'x y+%zz', all: ['1', '2'] })
    expect((await get('/query?a=1&a=1&a%5B%5D=2&__proto__=3')).json).toEqual({ a: '1', all: [] })
  })

  it('are taken up to 12 kB, with all headers up to 16 KiB', async () => {
    const long = (bytes: number) => ({ x: 'x'.repeat(bytes) })
    expect((await get(`/query?a=${'x'.repeat(12_000)}`)).status).toBe(200)
    expect((await get('/query', long(15_000))).status).toBe(200)
    expect((await get('/query', long(17_000))).status).toBe(431)
  })

  it('that are malformed are refused', async () => {
    for (const bad of [
      'a=%zz',
      'a=%ff',
      'a=%',
      'a=%00',
      'a=%0d%0a',
      'a=1&a=2',
      'x=%c0%80',
      'a=%ED%A0%80',
      'a=%C2%85',
    ]) {
      expect(await get(`/query?${bad}`), bad).toMatchObject({ status: 400, json: { code: 'invalid' } })
    }
    for (const bad of ['%zz', '%ff', 'x'.repeat(2000)]) {
      expect(await get(`/names/${bad}`), bad).toMatchObject({ status: 400, json: { code: 'invalid' } })
    }
  })
})

describe('sign-in', () => {
  it('is asked for once for each request', async () => {
    asked.length = 0
    expect(await get('/api/me', { authorization: 'Bearer sam' })).toMatchObject({
      status: 200,
      json: { name: 'sam' },
    })
    expect(asked).toEqual(['sam'])
  })

  it('that is missing is 401 with a challenge, and 403 on the legacy face', async () => {
    const answer = await get('/api/me?access_token=sam')
    expect(answer).toMatchObject({ status: 401, json: { code: 'unauthenticated' } })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(await get('/legacy-me')).toMatchObject({ status: 403, json: { success: false } })
  })

  it('that is incomplete is 403 on both faces, with what is missing', async () => {
    for (const path of ['/api/me', '/legacy-me']) {
      const answer = await get(path, { authorization: 'Bearer incomplete' })
      expect(answer.status).toBe(403)
      expect(JSON.stringify(answer.json)).toContain('course')
    }
  })

  it('whose provider is down is 503 with Retry-After, and the cause is logged but not shown', async () => {
    const answer = await get('/api/me', { authorization: 'Bearer down' })
    expect(answer).toMatchObject({ status: 503, json: { code: 'unavailable' } })
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(JSON.stringify(answer.json)).not.toContain('secret')
    expect(JSON.stringify(server.lines)).toContain('secret detail of the provider')
  })

  it('with two Authorization headers is none', async () => {
    const text =
      'GET /api/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nauthorization: Bearer b\r\nConnection: close\r\n\r\n'
    expect(await exchangeRaw(server.port, text)).toMatch(/^HTTP\/1.1 401 /)
  })
})

describe('writes from pages of other sites', () => {
  it('are refused, unless they carry a token', async () => {
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'http://localhost:8080' },
      { origin: 'https://localhost:8080', Host: 'localhost' },
      { origin: 'null' },
    ]
    for (const headers of foreign) {
      expect(await raw('POST', '/json', headers), JSON.stringify(headers)).toContain('HTTP/1.1 403')
      expect(await raw('POST', '/json', { ...headers, authorization: 'Bearer x' })).toContain('HTTP/1.1 200')
      expect(await raw('GET', '/query', headers)).toContain('HTTP/1.1 200')
    }
  })

  it('are taken from our own pages and from programs', async () => {
    const own: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'same-origin', origin: 'https://hub.example' },
      { 'sec-fetch-site': 'none' },
      { origin: 'http://localhost' },
      { origin: 'http://localhost:8080', Host: 'localhost:8080' },
    ]
    for (const headers of own) {
      expect(await raw('POST', '/json', headers), JSON.stringify(headers)).toContain('HTTP/1.1 200')
    }
  })

  function raw(method: string, path: string, headers: Record<string, string>): Promise<string> {
    return exchangeRaw(server.port, head(`${method} ${path}`, { ...headers, Connection: 'close' }))
  }
})

describe('a refusal before the body has arrived', () => {
  it('comes through to a client that sends 50 MB first, and the connection is closed', async () => {
    const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const client = httpRequest(`${server.url}/upload`, {
        method: 'POST',
        headers: { 'content-type': 'application/gzip' },
      })
      client.on('response', (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      client.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error)
      })
      let left = 50
      const more = () => {
        while (left > 0 && !client.destroyed) {
          left -= 1
          if (!client.write(Buffer.alloc(MEBIBYTE))) return
        }
        client.end()
      }
      client.on('drain', more)
      more()
    })
    expect(answer.status).toBe(401)
    expect(JSON.parse(answer.text).code).toBe('unauthenticated')
  })

  it('comes through to python-requests, raw and as a form', async () => {
    const script = `
import sys
import requests
for size in (0, 500_000, 3_000_000, 50_000_000):
    data = bytes(size)
    s = requests.Session()
    for _ in range(3):
        r = s.post(sys.argv[1] + '/upload', data=data, headers={'Content-Type': 'application/gzip'}, timeout=20)
        assert r.status_code == 401 and r.json()['code'] == 'unauthenticated', (size, r.status_code)
        r = s.post(sys.argv[1] + '/legacy-upload', files={'assignment': ('a', data)}, timeout=20)
        assert r.status_code == 200 and r.json()['success'] is False, (size, r.status_code)
print('ok')
`
    const folders = [join(import.meta.dirname, '../../.venv/bin'), process.env.PATH]
    const env = { ...process.env, PATH: folders.join(':') }
    const { stdout } = await promisify(execFile)('python3', ['-c', script, server.url], { env })
    expect(stdout.trim()).toBe('ok')
  })

  it('leaves the connection usable when the rest of the body is short', async () => {
    const connection = new RawConnection(server.port)
    await connection.send(head('POST /refuse', { 'Content-Type': 'x/y', 'Content-Length': 100_000 }))
    await connection.until('forbidden')
    await connection.send(Buffer.alloc(100_000))
    await connection.send(head('GET /query?a=again', { Connection: 'close' }))
    expect(await connection.closed).toContain('"a":"again"')
  })

  it('closes the connection of a client that never sends the announced rest', async () => {
    const connection = new RawConnection(server.port)
    await connection.send(`${head('POST /refuse', { 'Content-Length': 100_000 })}some`)
    expect(await connection.closed).toContain('forbidden')
  })

  it('is followed by a bounded part of the rest, in bytes and in time', async () => {
    const patient = { headers: 300_000, idle: 300_000, window: 300_000, bytesPerSecond: 0, stalled: 300_000 }
    const refuse = (app: FastifyInstance) =>
      app.post('/refuse', async () => Promise.reject(new ExchangeError('not_member', { course: 'c' })))
    const short = await listen(refuse, { patience: patient, leftover: { bytes: MEBIBYTE, milliseconds: 50 } })
    const silent = new RawConnection(short.port)
    await silent.send(`${head('POST /refuse', { 'Content-Length': 100_000 })}some`)
    expect(await silent.closed).toContain('forbidden')
    await short.app.close()
    const few = await listen(refuse, { patience: patient, leftover: { bytes: 1000, milliseconds: 300_000 } })
    const endless = new RawConnection(few.port)
    await endless.send(head('POST /refuse', { 'Transfer-Encoding': 'chunked' }))
    const timer = setInterval(() => endless.send(`1000\r\n${'x'.repeat(0x1000)}\r\n`), 5)
    expect(await endless.closed).toContain('forbidden')
    clearInterval(timer)
    await few.app.close()
  })

  it('comes instead of 100 Continue, and 100 Continue comes when the body is wanted', async () => {
    const headers = { 'Content-Type': 'application/gzip', 'Content-Length': 4, Expect: '100-continue' }
    const refused = await exchangeRaw(server.port, head('POST /upload', headers))
    expect(refused).toMatch(/^HTTP\/1.1 401 [\s\S]*connection: close\r\n/i)
    const connection = new RawConnection(server.port)
    const signedIn = { ...headers, Authorization: 'Bearer sam', Connection: 'close' }
    await connection.send(head('POST /upload', signedIn))
    await connection.until('HTTP/1.1 100 Continue')
    await connection.send(Buffer.of(0x1f, 0x8b, 8, 0))
    expect(await connection.closed).toContain('{"size":4}')
    const json = new RawConnection(server.port)
    const type = {
      'Content-Type': 'application/json',
      'Content-Length': 4,
      Expect: '100-continue',
      Connection: 'close',
    }
    await json.send(head('POST /json', type))
    await json.until('HTTP/1.1 100 Continue')
    await json.send('1234')
    expect(await json.closed).toContain('1234')
  })
})

it('a small JSON text is taken up to 64 KiB', async () => {
  const send = async (length: number) => {
    const body = JSON.stringify(['x'.repeat(length)])
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${server.url}/json`, { method: 'POST', body, headers })
    return [answer.status, ((await answer.json()) as { code?: string }).code]
  }
  expect(await send(65_000)).toEqual([200, undefined])
  expect(await send(66_000)).toEqual([413, 'too_large'])
})

describe('slow and malformed clients', () => {
  const gzip = {
    'Content-Type': 'application/gzip',
    'Content-Length': 1_000_000,
    Authorization: 'Bearer slow',
  }

  it('that stop sending are cut', async () => {
    const connection = new RawConnection(server.port)
    await connection.send(`${head('POST /upload', gzip)}\x1f`)
    expect(await connection.closed).toBe('')
  })

  it('that do not end their headers are told so and cut', async () => {
    const other = await listen(() => {}, { patience: { ...QUICK.patience, headers: 100 } })
    const connection = new RawConnection(other.port)
    await connection.send('GET / HTTP/1.1\r\nHost: x\r\n')
    expect(await connection.closed).toMatch(/^HTTP\/1.1 408 [\s\S]*The headers did not come in time/)
    await other.app.close()
  })

  it('that send a trickle are cut', async () => {
    const connection = new RawConnection(server.port)
    await connection.send(head('POST /upload', gzip))
    const timer = setInterval(() => connection.send(Buffer.of(0x1f, 0x8b)), 20)
    expect(await connection.closed).toBe('')
    clearInterval(timer)
    const slow = server.lines.filter((line) => line.msg === 'client too slow, connection cut')
    expect(slow.length).toBeGreaterThan(0)
  })

  const post = 'POST /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
  const garbage: Record<string, [string, RegExp]> = {
    'Content-Length and chunked': [
      `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /400/,
    ],
    'two lengths': [`${post}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`, /400/],
    'a length with a sign': [`${post}Content-Length: +4\r\n\r\nabcd`, /400/],
    'headers of 100 kB': [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, /431/],
    'a query of 100 kB': [`GET /query?a=${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /431/],
    'folded headers': ['GET /query HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\nBad header\r\n\r\n', /400/],
    TLS: ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /400/],
    'HTTP 0.9': ['GET /\r\n\r\n', /400/],
    'no host': ['GET /query HTTP/1.1\r\nConnection: close\r\n\r\n', /400/],
    'a bad chunk': [
      `${post}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      /400/,
    ],
    'nothing but zeros': ['\0'.repeat(100), /400/],
  }
  for (const [what, [bytes, status]] of Object.entries(garbage)) {
    it(`that send ${what} are refused, and the server lives`, async () => {
      const connection = new RawConnection(server.port)
      await connection.send(Buffer.from(bytes, 'latin1'))
      connection.socket.end()
      expect((await connection.closed).split('\r\n', 1)[0]).toMatch(status)
      expect((await get('/query')).status).toBe(200)
    })
  }

  it('that go away are no errors in the log, and are counted', async () => {
    const before = server.lines.filter((line) => Number(line.level) >= 50).length
    const connection = new RawConnection(server.port)
    await connection.send(`${head('POST /upload', gzip)}\x1f\x8b`)
    setTimeout(() => connection.end(), 20)
    await connection.closed
    await expect.poll(() => server.metrics.registry.metrics()).toContain('status="aborted"')
    const leaving = new RawConnection(server.port)
    await leaving.send(head('GET /waits-for-the-end', {}))
    await expect.poll(() => waiting).toBe(1)
    leaving.end()
    await expect.poll(() => server.lines.map(({ msg }) => msg)).toContain('client went away')
    expect(server.lines.filter((line) => Number(line.level) >= 50).length).toBe(before)
  })
})

describe('every answer', () => {
  it('carries headers that keep browsers from doing anything with it', async () => {
    for (const path of ['/query', '/nothing', '/refuse', '/defect', '/%zz']) {
      const { headers } = await get(path, { 'x-request-id': 'mine' }, path === '/refuse' ? 'POST' : 'GET')
      expect(Object.fromEntries(headers), path).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cache-control': 'no-store',
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      })
    }
  })

  it('is counted by route pattern, and logged without query, token or body', async () => {
    await get('/names/some-name?token=in-the-query', { authorization: 'Bearer in-the-header' })
    const metrics = await server.metrics.registry.metrics()
    expect(metrics).toContain('route="/names/:name",method="GET",status="200"')
    expect(metrics).toContain('nbexchange_http_request_seconds_count{route="/names/:name",method="GET"}')
    const log = JSON.stringify(server.lines)
    expect(log).toContain('/names/some-name')
    expect(log).not.toContain('in-the-')
  })

  it('under way is finished when the server closes, and nothing new begins on an open connection', async () => {
    const [begun, free] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()]
    const other = await listen((app) => {
      app.get('/quick', async () => 'quick')
      app.get('/slow', () => {
        begun.resolve()
        return free.promise
      })
    })
    const [slow, late] = [new RawConnection(other.port), new RawConnection(other.port)]
    // What has begun to arrive keeps its connection; it came in one piece with a request that is answered.
    await late.send(`${head('GET /quick', {})}GET /slow HTTP/1.1\r\nHost: x\r\n`)
    await late.until('quick')
    await slow.send(head('GET /slow', {}))
    await begun.promise
    const closed = other.app.close()
    const taken = () =>
      fetch(`${other.url}/quick`).then(
        ({ status }) => status,
        () => 'not taken',
      )
    await expect.poll(taken).toBe('not taken')
    await late.send('\r\n')
    expect((await late.closed).split('quick')[1]).toMatch(
      /^HTTP\/1.1 503 [\s\S]*connection: close[\s\S]*"unavailable"/i,
    )
    free.resolve('done')
    expect(await slow.closed).toMatch(/connection: close[\s\S]*done$/i)
    await closed
  })
})
