import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Upload } from '../src/exchange/upload.ts'
import { multipartUpload } from '../src/http/multipart.ts'
import { rawUpload } from '../src/http/upload.ts'
import { exchangeRaw, head, listen, RawConnection } from './raw-http.ts'

const MEBIBYTE = 1024 * 1024
/** Uploads that the server saw to their proper end. */
const completed: string[] = []
/** What the source threw at the others. */
const failed: unknown[] = []
let server: Awaited<ReturnType<typeof listen>>

beforeAll(async () => {
  server = await listen(routes)
})
afterAll(() => server.app.close())

function routes(app: FastifyInstance): void {
  for (const type of ['application/gzip', 'text/html']) {
    const url = type === 'text/html' ? '/html' : '/raw'
    app.post(url, { schema: { consumes: [type] } }, async (request) => {
      const { size, sha256, ...upload } = rawUpload(request)
      return { ...(await digest(upload)), declared: { size, sha256 } }
    })
  }
  for (const fileField of ['assignment', 'feedback'] as const) {
    app.post(`/form/${fileField}`, async (request) => {
      const form = await multipartUpload(request, { fileField, maxBytes: 20 * MEBIBYTE })
      const before = {
        course: form.field('course_id') ?? null,
        assignment: form.field('assignment_id') ?? null,
      }
      const file = form.upload && (await digest(form.upload))
      return { ...before, file, notebooks: form.values('notebooks') }
    })
  }
}

async function digest(upload: Upload) {
  const hash = createHash('sha256')
  let size = 0
  try {
    for await (const chunk of upload.source) {
      hash.update(chunk)
      size += chunk.length
    }
  } catch (error) {
    failed.push(error)
    throw error
  }
  const sha256 = hash.digest('hex')
  completed.push(sha256)
  return { size, sha256 }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

type Part = { name?: string; value: string | Buffer; filename?: string; headers?: string }
const BOUNDARY = 'a-boundary'

function form(parts: Part[], end = `--${BOUNDARY}--\r\n`): Buffer {
  const chunks = parts.flatMap(({ name, value, filename, headers = '' }) => [
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"`),
    Buffer.from(`${filename === undefined ? '' : `; filename="${filename}"`}\r\n${headers}\r\n`),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...chunks, Buffer.from(end)])
}

async function post(path: string, body: Buffer | string, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + path, { method: 'POST', body, headers })
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

function postForm(path: string, body: Buffer) {
  return post(path, body, { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` })
}

const GZIP = { 'content-type': 'application/gzip' }
const archive = gzipSync(randomBytes(3 * MEBIBYTE))
const file: Part = { name: 'assignment', value: archive, filename: 'a.tar.gz' }

describe('a raw upload', () => {
  it('arrives whole, with what the client declared', async () => {
    const sum = sha256(archive)
    const base64 = Buffer.from(sum, 'hex').toString('base64')
    for (const name of ['Repr-Digest', 'Content-Digest']) {
      const digests = `sha-512=:AAAA:, SHA-256=:${base64}:`
      const answer = await post('/raw', archive, { ...GZIP, [name]: digests })
      const declared = { size: archive.length, sha256: sum }
      expect(answer).toEqual({ status: 200, json: { size: archive.length, sha256: sum, declared } })
    }
  })

  it('may be HTML where the route takes HTML, of whatever charset', async () => {
    const answer = await post('/html', '<p>é</p>', { 'content-type': 'Text/HTML; charset=latin1' })
    expect(answer.status).toBe(200)
  })

  it('is refused as unsupported under any other type or encoding', async () => {
    const types = [
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/gzipped',
      'x',
    ]
    for (const type of types) {
      const body = type === 'application/json' ? '{}' : archive
      const answer = await post('/raw', body, { 'content-type': type })
      expect(answer, type).toMatchObject({ status: 415, json: { code: 'unsupported' } })
    }
    expect(await post('/raw', archive)).toMatchObject({ status: 415 })
    expect(await post('/raw', archive, { ...GZIP, 'content-encoding': 'gzip' })).toMatchObject({
      status: 415,
    })
    expect(await post('/raw', archive, { ...GZIP, 'content-encoding': 'identity' })).toMatchObject({
      status: 200,
    })
  })

  it('is refused when its digest is malformed or contradicts itself', async () => {
    const base64 = Buffer.alloc(32).toString('base64')
    const other = Buffer.alloc(32, 1).toString('base64')
    const values = [
      'sha-256=abc',
      'sha-256=:abc:',
      `sha-256=${base64}`,
      'sha-256',
      `sha-256=:${base64}:, sha-256=:${other}:`,
    ]
    for (const value of values) {
      expect(await post('/raw', archive, { ...GZIP, 'repr-digest': value }), value).toMatchObject({
        status: 400,
        json: { code: 'invalid' },
      })
    }
  })

  it('is refused when its first two bytes are not those of gzip', async () => {
    for (const body of ['no gzip at all', '\x1f', '\x8b\x1f', 'PK']) {
      expect(await post('/raw', body, GZIP), body).toMatchObject({ status: 400, json: { code: 'invalid' } })
    }
  })

  it('may arrive byte by byte', async () => {
    const small = gzipSync('small')
    const connection = new RawConnection(server.port)
    await connection.send(head('POST /raw', { ...GZIP, 'Content-Length': small.length, Connection: 'close' }))
    for (const byte of small) await connection.send(Buffer.of(byte))
    expect(await connection.closed).toContain(sha256(small))
  })

  it('that breaks off anywhere makes the source throw', async () => {
    const small = gzipSync(randomBytes(100))
    const whole = Buffer.concat([
      Buffer.from(head('POST /raw', { ...GZIP, 'Content-Length': small.length })),
      small,
    ])
    await breakOff(whole, small.length, sha256(small))
    const chunked = Buffer.concat([
      Buffer.from(head('POST /raw', { ...GZIP, 'Transfer-Encoding': 'chunked' })),
      Buffer.from(`${small.length.toString(16)}\r\n`),
      small,
      Buffer.from('\r\n0\r\n\r\n'),
    ])
    await breakOff(chunked, small.length + 8, sha256(small))
  })
})

/** Sends `whole` cut at each of the last `bytes` positions; none of these may count as complete. */
async function breakOff(whole: Buffer, bytes: number, sum: string): Promise<void> {
  const before = { completed: completed.length, failed: failed.length }
  for (let cut = whole.length - bytes; cut < whole.length; cut += 1) {
    const connection = new RawConnection(server.port)
    await connection.send(whole.subarray(0, cut))
    if (cut % 2 === 0) connection.socket.end()
    else setTimeout(() => connection.end(), 2)
    await connection.closed
  }
  await expect.poll(() => failed.length - before.failed).toBe(bytes)
  expect(completed.length).toBe(before.completed)
  const connection = new RawConnection(server.port)
  await connection.send(whole)
  await connection.until(sum)
  connection.end()
}

describe('a form', () => {
  const summary = { size: archive.length, sha256: sha256(archive) }

  it('of more than 1 MiB arrives whole, with fields before and after the file', async () => {
    const body = form([
      { name: 'course_id', value: 'c 1+é' },
      { name: 'notebooks', value: 'p1' },
      file,
      { name: 'assignment_id', value: 'too late' },
      { name: 'notebooks', value: 'p2' },
    ])
    const expected = { course: 'c 1+é', assignment: null, file: summary, notebooks: ['p1', 'p2'] }
    expect(await postForm('/form/assignment', body)).toEqual({ status: 200, json: expected })
  })

  it('may have other parts, which are read and forgotten', async () => {
    const other = { name: 'other', value: randomBytes(2 * MEBIBYTE), filename: 'b.bin' }
    const body = form([file, other, { name: 'extra', value: 'x' }, { name: 'notebooks', value: 'n' }])
    expect(await postForm('/form/assignment', body)).toMatchObject({
      json: { file: summary, notebooks: ['n'] },
    })
  })

  it('takes parameters from query and fields: the first counts, + is a space, blank is missing', async () => {
    const body = form([{ name: 'course_id', value: 'a b' }, { name: 'assignment_id', value: '' }, file])
    const answer = await postForm('/form/assignment?course_id=a+b&course_id=a%20b&notebooks=q', body)
    expect(answer.json).toMatchObject({ course: 'a b', assignment: null, notebooks: ['q'] })
  })

  it('is refused where the same parameter has two values', async () => {
    const twice = form([{ name: 'course_id', value: 'a' }, { name: 'course_id', value: 'b' }, file])
    expect(await postForm('/form/assignment', twice)).toMatchObject({ status: 400 })
    const both = form([{ name: 'course_id', value: 'a' }, file])
    expect(await postForm('/form/assignment?course_id=b', both)).toMatchObject({ status: 400 })
  })

  it('without a file carries none, whatever its type', async () => {
    const none = { status: 200, json: { course: 'c', file: null } }
    const path = '/form/assignment?course_id=c'
    expect(await postForm(path, form([{ name: 'x', value: 'y' }]))).toMatchObject(none)
    expect(await postForm(path, form([]))).toMatchObject(none)
    expect(await postForm(path, Buffer.from('boundary is nowhere'))).toMatchObject(none)
    expect(await post(path, 'x', { 'content-type': 'multipart/form-data' })).toMatchObject(none)
    expect(await post(path, archive, { 'content-type': 'application/octet-stream' })).toMatchObject(none)
    expect(await post(path, '{"a', { 'content-type': 'text/plain' })).toMatchObject(none)
    expect(await post(path, '')).toMatchObject(none)
    const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await post('/form/assignment', 'course_id=c&x=%C3%A9', urlencoded)).toMatchObject(none)
  })

  it('with the file under a wrong name is refused; for feedback it carries no file', async () => {
    const body = form([{ name: 'wrong', value: archive, filename: 'a' }])
    expect(await postForm('/form/assignment', body)).toMatchObject({ status: 400, json: { code: 'invalid' } })
    expect(await postForm('/form/feedback', body)).toMatchObject({ status: 200, json: { file: null } })
  })

  it('with a second file of the same name is refused', async () => {
    const answer = await postForm('/form/assignment', form([file, { name: 'x', value: '' }, file]))
    expect(answer).toMatchObject({ status: 400, json: { code: 'invalid' } })
  })

  it('with too many or too large fields is refused', async () => {
    const large = [...'abcde'].map((name) => ({ name, value: 'x'.repeat(4000) }))
    const many = Array.from({ length: 1001 }, (_, at) => ({ name: 'notebooks', value: `n${at}` }))
    const parts = Array.from({ length: 3000 }, () => ({ name: 'n', value: '' }))
    const bodies = {
      'fields of over 16 KiB': form([...large, file]),
      'a field of over 4 KiB': form([{ name: 'a', value: 'x'.repeat(5000) }, file]),
      'over 1000 notebooks': form([file, ...many]),
      'over 1010 parts': form([...parts, file]),
      'a field that is not UTF-8': form([{ name: 'course_id', value: Buffer.of(0xff, 0xfe) }, file]),
      'a field with a control character': form([{ name: 'course_id', value: 'a\0b' }, file]),
      'a field called __proto__': form([{ name: '__proto__', value: 'x' }, file]),
    }
    for (const [what, body] of Object.entries(bodies)) {
      expect(await postForm('/form/assignment', body), what).toMatchObject({
        status: 400,
        json: { code: 'invalid' },
      })
    }
  })

  it('whose declared length cannot fit the limit is refused unread', async () => {
    const connection = new RawConnection(server.port)
    const type = { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` }
    await connection.send(head('POST /form/assignment', { ...type, 'Content-Length': 5_000_000_000 }))
    expect(await connection.until('too_large')).toContain('413')
    connection.end()
  })

  it('that breaks off anywhere makes the source throw, also after the file has ended', async () => {
    const small = gzipSync(randomBytes(50))
    const body = form([
      { name: 'course_id', value: 'c' },
      { name: 'assignment', value: small, filename: 'a' },
      { name: 'other', value: 'other', filename: 'o' },
      { name: 'notebooks', value: 'n' },
    ])
    const start = body.indexOf(small) + 1
    const type = { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` }
    const headers = head('POST /form/assignment', { ...type, 'Content-Length': body.length })
    await breakOff(Buffer.concat([Buffer.from(headers), body]), body.length - start, sha256(small))
  })

  it('cut and declared as whole is refused at every length', async () => {
    const small = gzipSync(randomBytes(50))
    const body = form([
      { name: 'assignment', value: small, filename: 'a' },
      { name: 'notebooks', value: 'n' },
    ])
    const before = completed.length
    for (let cut = body.indexOf(small) + 1; cut < body.length - '\r\n'.length; cut += 1) {
      const answer = await postForm('/form/assignment', body.subarray(0, cut))
      expect(answer, `cut at ${cut}`).toMatchObject({ status: 400, json: { code: 'invalid' } })
    }
    expect(completed.length).toBe(before)
    expect(await postForm('/form/assignment', body)).toMatchObject({ status: 200 })
  })

  it('may be followed by something else, which is read and forgotten', async () => {
    const answer = await postForm('/form/assignment', Buffer.concat([form([file]), Buffer.alloc(MEBIBYTE)]))
    expect(answer).toMatchObject({ status: 200, json: { file: summary } })
  })

  it('of every shape leaves the process alive', async () => {
    const type = { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, Connection: 'close' }
    const shapes = [
      `--${BOUNDARY}\r\n\r\nno disposition\r\n--${BOUNDARY}--`,
      `--${BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--${BOUNDARY}--`,
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"; filename="\r\n\r\n\r\n--${BOUNDARY}--`,
      `--${BOUNDARY}\r\nX: ${'x'.repeat(MEBIBYTE)}\r\n\r\n\r\n--${BOUNDARY}--`,
      `--${BOUNDARY}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n--${BOUNDARY}--`,
      `--${BOUNDARY}--`.repeat(1000),
      `--${BOUNDARY}\r\n`.repeat(5000),
    ]
    for (const shape of shapes) {
      const headers = head('POST /form/assignment', { ...type, 'Content-Length': Buffer.byteLength(shape) })
      expect(await exchangeRaw(server.port, headers + shape), shape.slice(0, 100)).toMatch(
        /^HTTP\/1.1 (200|400) /,
      )
    }
    expect(await postForm('/form/assignment', form([file]))).toMatchObject({ status: 200 })
  })
})
