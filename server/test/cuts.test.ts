import { randomInt } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newWorld, type World } from './bad-input.ts'
import { FORM, file, form, value } from './legacy-forms.ts'
import { head, RawConnection } from './raw-http.ts'
import { signInOf } from './role-matrix.ts'
import { archive, signIn } from './start.ts'
import { stored } from './stored.ts'

/** `CUT_SEED` repeats a run, `CUT_COUNT` says how often each upload is cut. */
const SEED = Number(process.env.CUT_SEED ?? randomInt(2 ** 31))
const COUNT = Number(process.env.CUT_COUNT ?? 100)
let world: World

beforeAll(async () => {
  world = await newWorld()
})
afterAll(() => world.service.close())

/** Numbers from 0 (inclusive) to 1 that the seed alone decides (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const bytes = archive(Buffer.alloc(70_000, 'work'))
const ps1 = 'courses/bio/assignments/ps1'
const feedback = `${ps1}/feedback/sam/${encodeURIComponent('2021-01-01 00:00:00.000000 UTC')}/p1`

/** Every kind of upload, as the bytes of a whole request. */
const UPLOADS: Record<string, () => Buffer> = {
  'a raw submission': () =>
    whole('POST', `api/v1/${ps1}/submissions`, { type: 'application/gzip', body: bytes }),
  'a raw release': () =>
    whole('POST', `api/v1/${ps1}/releases?force=true`, { type: 'application/gzip', body: bytes }),
  'raw feedback': () =>
    whole('PUT', `api/v1/${feedback}`, { type: 'text/html', body: Buffer.alloc(70_000, '<p>') }),
  'a raw submission in chunks': () => {
    const sent = { type: 'application/gzip', body: bytes, chunked: true }
    return whole('POST', `api/v1/${ps1}/submissions`, sent)
  },
  'a batch of feedback': () => {
    const name = feedback.split('/').slice(-3).join('/')
    return whole('POST', `api/v1/${ps1}/feedback`, { type: FORM, body: form(file(name, bytes)) })
  },
  'a submission in a form': () => {
    const body = form(value('timestamp', '2021-01-01 00:00:00.000000 UTC'), file('assignment', bytes))
    return whole('POST', 'submission?course_id=bio&assignment_id=ps1', { type: FORM, body })
  },
  'a release in a form': () => {
    const body = form(value('notebooks', 'p1'), file('assignment', bytes), value('notebooks', 'p2'))
    return whole('POST', 'assignment?course_id=bio&assignment_id=ps1', { type: FORM, body })
  },
  'feedback in a form': () => {
    const names = 'notebook=p1&student=sam&timestamp=2021-01-01+00:00:00.0+UTC&checksum=abc'
    const path = `feedback?course_id=bio&assignment_id=ps1&${names}`
    return whole('POST', path, { type: FORM, body: form(file('feedback', 'other'.repeat(20_000))) })
  },
}

function whole(
  method: string,
  path: string,
  sent: { type: string; body: Buffer; chunked?: boolean },
): Buffer {
  const length = sent.chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': sent.body.length }
  const headers = { ...signIn(signInOf('ina')), 'Content-Type': sent.type, ...length }
  const line = `${method} ${new URL(world.service.url).pathname}${path}`
  const body = sent.chunked ? [chunk(sent.body), Buffer.from('0\r\n\r\n')] : [sent.body]
  return Buffer.concat([Buffer.from(head(line, headers), 'latin1'), ...body])
}

function chunk(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')])
}

/** How many requests the service has seen to their end, whatever that was. */
async function counted(): Promise<number> {
  const text = await (await fetch(new URL('/metrics', world.service.url))).text()
  const lines = text
    .split('\n')
    .filter((line) => /^\w*requests_total\{/.test(line) && !line.includes('"/metrics"'))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

describe(`an upload that is cut anywhere leaves nothing (CUT_SEED=${SEED})`, () => {
  test.each(Object.keys(UPLOADS))('%s', async (what) => {
    const request = UPLOADS[what]?.() ?? Buffer.alloc(0)
    const next = numbers(SEED)
    const port = Number(new URL(world.service.url).port)
    const headEnd = request.indexOf('\r\n\r\n') + 4
    const before = { stored: await settled(), counted: await counted(), open: openFiles() }
    let begun = 0
    for (let n = 0; n < COUNT; n += 1) {
      const at = cutAt(request.length, headEnd, next)
      if (at >= headEnd) begun += 1
      const connection = new RawConnection(port)
      await connection.send(request.subarray(0, at))
      if (next() < 0.5) connection.socket.end()
      else connection.end()
      const text = await connection.closed
      expect(text, `cut at ${at} of ${request.length}`).not.toMatch(/^HTTP\/1.1 2/)
    }
    await expect.poll(async () => (await counted()) - before.counted).toBeGreaterThanOrEqual(begun)
    await expect.poll(() => stored(world.service)).toEqual(before.stored)
    await expect.poll(openFiles).toBeLessThanOrEqual(before.open + 2)
    const connection = new RawConnection(port)
    await connection.send(request)
    await connection.until('HTTP/1.1 20')
    connection.end()
    expect((await stored(world.service)).files.length).toBe(before.stored.files.length + 1)
  })
})

/** What is stored once nothing is under way any more: what was cut before may still be tidied up. */
async function settled() {
  await expect.poll(async () => (await stored(world.service)).files.filter(isPartial)).toEqual([])
  return stored(world.service)
}

const isPartial = (file: string) => file.includes('/storage/partial/')

/** A place before the end: anywhere, or as often near one of the seams, where things go wrong. */
function cutAt(length: number, headEnd: number, next: () => number): number {
  const anywhere = Math.floor(next() * length)
  const near = Math.floor(next() * 120)
  const places = [anywhere, anywhere, headEnd + near, length - 1 - near, near]
  return Math.min(length - 1, places[Math.floor(next() * places.length)] ?? anywhere)
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length
}

describe('an upload whose length is not what it says', () => {
  const line = () => `POST ${new URL(world.service.url).pathname}api/v1/${ps1}/submissions`
  const headers = (more: object) => ({
    ...signIn(signInOf('ina')),
    'Content-Type': 'application/gzip',
    Connection: 'close',
    ...more,
  })

  test('is refused where less comes than was announced', async () => {
    const before = await settled()
    const connection = new RawConnection(Number(new URL(world.service.url).port))
    await connection.send(
      Buffer.concat([Buffer.from(head(line(), headers({ 'Content-Length': 200 }))), archive('short')]),
    )
    connection.socket.end()
    expect(await connection.closed).not.toMatch(/^HTTP\/1.1 2/)
    await expect.poll(() => stored(world.service)).toEqual(before)
  })

  test('is never more than was announced where more comes', async () => {
    const before = await settled()
    const body = archive('announced')
    const request = Buffer.concat([
      Buffer.from(head(line(), headers({ 'Content-Length': body.length }))),
      body,
      Buffer.from('and more that nobody announced'),
    ])
    const connection = new RawConnection(Number(new URL(world.service.url).port))
    await connection.send(request)
    expect(await connection.closed).toMatch(/^HTTP\/1.1 (201|400) [\s\S]*"code":"invalid"|"size":/)
    const { rows } = await stored(world.service)
    const made = (rows.submissions ?? []).slice(before.rows.submissions?.length)
    expect(made.map((row) => (row as { size: number }).size)).toEqual(made.map(() => body.length))
    await expect.poll(async () => (await stored(world.service)).files.join()).not.toContain('/partial/')
  })

  test('is refused where its chunks do not end', async () => {
    const before = await settled()
    for (const end of ['', '0', '0\r\n', 'x\r\n', '5\r\nabc', '-1\r\n', 'fffffffffffffffff\r\n']) {
      const chunks = Buffer.concat([chunk(archive('chunk')), Buffer.from(end)])
      const start = Buffer.from(head(line(), headers({ 'Transfer-Encoding': 'chunked' })))
      const connection = new RawConnection(Number(new URL(world.service.url).port))
      await connection.send(Buffer.concat([start, chunks]))
      connection.socket.end()
      expect([end, await connection.closed]).toEqual([end, expect.not.stringMatching(/^HTTP\/1.1 2/)])
    }
    await expect.poll(() => stored(world.service)).toEqual(before)
  })
})
