import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExchangeError } from '../src/errors.ts'
import { type Download, sendFile } from '../src/http/download.ts'
import { exchangeRaw, head, listen, RawConnection } from './raw-http.ts'

const bytes = randomBytes(3 * 1024 * 1024)
const sum = createHash('sha256').update(bytes).digest()
const stored = { size: bytes.length, sha256: sum.toString('hex') }
const etag = `"${stored.sha256}"`
const digest = `sha-256=:${sum.toString('base64')}:`
/** How often a file was opened, and what was left open. */
let opened = 0
let open = 0
let server: Awaited<ReturnType<typeof listen>>

function pieces(content: Buffer, then?: () => never): Readable {
  opened += 1
  open += 1
  const stream = Readable.from(
    (async function* () {
      for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536)
      then?.()
    })(),
    { objectMode: false },
  )
  return stream.once('close', () => {
    open -= 1
  })
}

/** Like the body of a request to a storage: it fails when nobody wants it any more. */
async function abortsAsRequestsDo(): Promise<Readable> {
  open += 1
  return new Readable({
    read() {
      this.push(Buffer.alloc(65_536))
    },
    destroy(error, done) {
      open -= 1
      done(error ?? new Error('aborted'))
    },
  })
}

async function failsAtOnce(): Promise<Readable> {
  return pieces(Buffer.alloc(0), () => {
    throw new Error('fails at the first byte')
  })
}

const FILES: Record<string, Partial<Download>> = {
  good: {},
  gone: {
    open: async () => {
      throw new ExchangeError('not_your_submission')
    },
  },
  damaged: {
    open: async () => {
      throw new Error('damaged: /srv/x')
    },
  },
  'of an aborted request': { open: abortsAsRequestsDo },
  early: { open: failsAtOnce },
  'early-page': { open: failsAtOnce, contentType: 'text/html; charset=utf-8', filename: 'p1.html' },
  late: {
    open: async () =>
      pieces(bytes.subarray(0, -1), () => {
        throw new Error('fails at the last byte')
      }),
  },
  cut: {
    confirm: async () => {
      throw new Error('damaged: /srv/x')
    },
  },
  named: { filename: 'Übung "1"\r\nX-Evil: \ud800.tar.gz' },
  page: { contentType: 'text/html; charset=utf-8', filename: 'p1.html' },
}

beforeAll(async () => {
  const patience = { headers: 15_000, idle: 30_000, window: 400, bytesPerSecond: 16_000, stalled: 300 }
  server = await listen(
    (app) => {
      app.get('/:name', async (request, reply) => {
        const { name } = request.params as { name: string }
        return sendFile(request, reply, {
          open: async () => pieces(bytes),
          confirm: async () => {},
          stored,
          contentType: 'application/gzip',
          ...FILES[name],
        })
      })
    },
    { patience },
  )
})
afterAll(() => server.app.close())

async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(server.url + path, { headers, method })
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  }
}

describe('a download', () => {
  it('is the file, with its exact type, length and digest', async () => {
    const { status, headers, body } = await get('/good')
    expect(status).toBe(200)
    expect(body.equals(bytes)).toBe(true)
    expect(headers.get('content-type')).toBe('application/gzip')
    expect(headers.get('content-length')).toBe(String(bytes.length))
    expect(headers.get('etag')).toBe(etag)
    expect(headers.get('repr-digest')).toBe(digest)
    expect(headers.get('accept-ranges')).toBe('none')
    expect(headers.get('cache-control')).toBe('private, no-cache')
  })

  it('is described by HEAD without being opened', async () => {
    const before = opened
    const { status, headers, body } = await get('/good', {}, 'HEAD')
    expect(status).toBe(200)
    expect(headers.get('content-length')).toBe(String(bytes.length))
    expect(headers.get('repr-digest')).toBe(digest)
    expect(body.length).toBe(0)
    expect(opened).toBe(before)
  })

  it('is not repeated to a client that has it', async () => {
    const before = opened
    for (const value of [etag, `W/${etag}`, '*', `"other", ${etag}`]) {
      const { status, headers } = await get('/good', { 'if-none-match': value })
      expect(status, value).toBe(304)
      expect(headers.get('etag')).toBe(etag)
    }
    expect(opened).toBe(before)
    expect((await get('/good', { 'if-none-match': '"other"' })).status).toBe(200)
  })

  it('comes whole whatever range is asked for', async () => {
    const ranges = [
      'bytes=0-0',
      'bytes=100-199',
      'bytes=-500',
      'bytes=99999999-',
      'bytes=a-b',
      'bytes=0-1,5-6',
    ]
    for (const range of ranges) {
      const { status, headers, body } = await get('/good', { range, 'if-range': etag })
      expect(status, range).toBe(200)
      expect(headers.get('content-range')).toBeNull()
      expect(headers.get('accept-ranges')).toBe('none')
      expect(body.equals(bytes)).toBe(true)
    }
  })

  it('that is not there in its size is an error also where no byte of it is sent', async () => {
    for (const [headers, method] of [
      [{}, 'HEAD'],
      [{ 'if-none-match': etag }, 'GET'],
      [{ 'if-none-match': etag }, 'HEAD'],
    ] as const) {
      const answer = await get('/cut', headers, method)
      expect(answer.status).toBe(500)
      for (const header of ['etag', 'repr-digest']) expect(answer.headers.get(header)).toBeNull()
    }
  })

  it('that cannot be opened is an error without the headers of a file', async () => {
    for (const [name, expected] of [
      ['gone', 404],
      ['damaged', 500],
      ['early', 500],
      ['early-page', 500],
    ] as const) {
      const { status, headers, body } = await get(`/${name}`)
      expect(status, name).toBe(expected)
      expect(JSON.parse(body.toString()).code).toBe(name === 'gone' ? 'not_found' : 'internal')
      for (const header of ['etag', 'repr-digest', 'accept-ranges', 'content-disposition'])
        expect(headers.get(header)).toBeNull()
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
      expect(headers.get('cache-control')).toBe('no-store')
    }
  })

  it('that fails midway never ends cleanly', async () => {
    await expect(get('/late')).rejects.toThrow()
    const told = server.lines.filter(({ msg }) => msg === 'a stored file broke off')
    expect(told.at(-1)).toMatchObject({ level: 50, err: { message: 'fails at the last byte' } })
    const text = await exchangeRaw(server.port, head('GET /late', { Connection: 'close' }))
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBeLessThan(bytes.length)
  })

  it('has a name that no header can be made of', async () => {
    const { headers } = await get('/named')
    expect(headers.get('x-evil')).toBeNull()
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="_bung _1___X-Evil_ _.tar.gz"; filename*=UTF-8''%C3%9Cbung%20%221%22%0D%0AX-Evil%3A%20%EF%BF%BD.tar.gz`,
    )
  })

  it('of HTML is always an attachment in a sandbox', async () => {
    const { headers } = await get('/page')
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="p1.html"; filename*=UTF-8''p1.html`,
    )
    expect(headers.get('content-security-policy')).toContain('sandbox')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('leaves nothing open when the client goes away or takes nothing', async () => {
    const told = () => server.lines.filter(({ msg }) => msg === 'a stored file broke off').length
    const before = told()
    for (const name of ['good', 'of an aborted request']) {
      const gone = new RawConnection(server.port)
      await gone.send(head(`GET /${encodeURIComponent(name)}`, {}))
      await gone.until('\r\n\r\n')
      gone.end()
      await gone.closed
    }
    const stalled = new RawConnection(server.port)
    stalled.socket.pause()
    await stalled.send(head('GET /good', {}))
    await expect.poll(() => open).toBe(0)
    stalled.end()
    expect(told()).toBe(before)
  })
})
