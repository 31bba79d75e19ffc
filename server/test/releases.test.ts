import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exchangeRaw, head } from './raw-http.ts'
import { archive, person, signIn, startTestService, type TestService, upload } from './start.ts'

const ina = person('ina', 'Instructor')
const sam = person('sam', 'Student')

let service: TestService

beforeAll(async () => {
  service = await startTestService()
})
afterAll(() => service.close())

const release = (code: string, content: string, query = '', headers = {}) =>
  service.api(ina, `courses/bio/assignments/${code}/releases?${query}`, upload(archive(content), headers))
const fetched = async (who: typeof sam, code: string, version: string | number = 'latest') => {
  const answer = await service.api(who, `courses/bio/assignments/${code}/releases/${version}/content`)
  return answer.ok
    ? Buffer.from(await answer.arrayBuffer())
        .subarray(4)
        .toString()
    : answer.status
}
const assignments = async (who: typeof sam) =>
  ((await (await service.api(who, 'assignments')).json()) as { assignments: Record<string, unknown>[] })
    .assignments

describe('releases', () => {
  test('a second release is a conflict unless forced, and then a new version; nothing is overwritten', async () => {
    expect((await release('ps1', 'one', 'notebook=p1')).status).toBe(201)
    expect((await release('ps1', 'two')).status).toBe(409)
    expect(await fetched(sam, 'ps1')).toBe('one')
    const second = await release('ps1', 'two', 'force=true&notebook=p1&notebook=p2')
    expect([second.status, await second.json()]).toMatchObject([201, { version: 2, notebooks: ['p1', 'p2'] }])
    expect(await fetched(sam, 'ps1')).toBe('two')
    expect(await fetched(ina, 'ps1', 1)).toBe('one')
    expect(await fetched(sam, 'ps1', 1)).toBe(404)
  })

  test('a second release is refused before its files are sent', async () => {
    await release('ps1-b', 'one')
    const [to, from] = [new URL(service.url), signIn(ina)]
    const line = `POST ${to.pathname}api/v1/courses/bio/assignments/ps1-b/releases`
    const waits = { 'Content-Type': 'application/gzip', 'Content-Length': 10, Expect: '100-continue' }
    expect(await exchangeRaw(Number(to.port), head(line, { ...from, ...waits }))).toMatch(/^HTTP\/1.1 409 /)
  })

  test('a retry with the same key gives the first release back, although it is released by now', async () => {
    const headers = { 'idempotency-key': 'k1' }
    const first = await (await release('ps2', 'one', '', headers)).json()
    const again = await release('ps2', 'one', '', headers)
    expect([again.status, await again.json()]).toEqual([200, first])
    expect((await release('ps2', 'other', '', headers)).status).toBe(409)
    await release('ps2-b', 'one')
    for (const code of ['ps2-b', 'ps2-new']) {
      expect([code, (await release(code, 'one', 'force=true', headers)).status]).toEqual([code, 409])
    }
    expect((await assignments(ina)).map((one) => one.assignment_id)).not.toContain('ps2-new')
  })

  test('an unreleased assignment is gone for students, and restoring gives everything back', async () => {
    await release('ps3', 'three')
    const handed = await service.api(sam, 'courses/bio/assignments/ps3/submissions', upload(archive('work')))
    const { timestamp } = (await handed.json()) as { timestamp: string }
    const feedback = `courses/bio/assignments/ps3/feedback/sam/${encodeURIComponent(timestamp)}/p1`
    const html = { method: 'PUT', body: '<p>good</p>', headers: { 'content-type': 'text/html' } }
    expect((await service.api(ina, feedback, html)).status).toBe(201)
    expect((await service.api(ina, 'courses/bio/assignments/ps3', { method: 'DELETE' })).status).toBe(200)
    expect(await fetched(sam, 'ps3')).toBe(404)
    expect(await fetched(ina, 'ps3')).toBe('three')
    expect(await (await service.api(sam, feedback)).text()).toBe('<p>good</p>')
    expect((await assignments(sam)).find((one) => one.assignment_id === 'ps3')).toMatchObject({
      status: 'unreleased',
    })
    expect((await service.api(ina, 'courses/bio/assignments/ps3/restore', { method: 'POST' })).status).toBe(
      200,
    )
    expect(await fetched(sam, 'ps3')).toBe('three')
    const own = (await (await service.api(sam, 'me/submissions?assignment_id=ps3')).json()) as {
      submissions: unknown[]
    }
    expect(own.submissions).toMatchObject([{ timestamp, feedback: [{ notebook_id: 'p1', version: 1 }] }])
  })

  test('a purge needs the code once more, and frees it for a new assignment without a past', async () => {
    await release('ps4', 'four')
    await service.api(sam, 'courses/bio/assignments/ps4/submissions', upload(archive('work')))
    const purge = (body: unknown) =>
      service.api(ina, 'courses/bio/assignments/ps4/purge', {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      })
    expect((await purge({})).status).toBe(400)
    expect((await purge({ assignment_id: 'ps5' })).status).toBe(400)
    expect((await purge({ assignment_id: 'ps4' })).status).toBe(204)
    expect(await fetched(ina, 'ps4')).toBe(404)
    expect(await (await release('ps4', 'again')).json()).toMatchObject({ version: 1 })
    const inbound = (await (await service.api(ina, 'submissions?assignment_id=ps4')).json()) as {
      submissions: unknown[]
    }
    expect(inbound.submissions).toEqual([])
  })

  test('fetchers see whole old or whole new files while versions are released, and never the old after the new', async () => {
    await release('ps6', `0 ${'x'.repeat(300_000)}`)
    let newest = 0
    const releasing = (async () => {
      for (let version = 1; version <= 10; version++) {
        await release('ps6', `${version} ${'x'.repeat(300_000)}`, 'force=true')
        newest = version
      }
    })()
    const fetching = Array.from({ length: 10 }, async () => {
      for (let round = 0; round < 10; round++) {
        const atLeast = newest
        const body = String(await fetched(sam, 'ps6'))
        expect(body).toMatch(/^\d+ x{300000}$/)
        expect(Number.parseInt(body, 10)).toBeGreaterThanOrEqual(atLeast)
      }
    })
    await Promise.all([releasing, ...fetching])
  })

  test('a fetch is remembered; asking for the headers alone is not a fetch', async () => {
    await release('ps7', 'seven')
    const of = async () => (await assignments(sam)).find((one) => one.assignment_id === 'ps7')?.fetched_at
    await service.api(sam, 'courses/bio/assignments/ps7/releases/latest/content', { method: 'HEAD' })
    expect(await of()).toBeNull()
    await fetched(sam, 'ps7')
    expect(await of()).toMatch(/^\d.*Z$/)
  })

  test('a name that could not be a folder is refused when an assignment is made', async () => {
    for (const code of ['a%2Fb', 'a%5Cb', 'a%00b', 'x'.repeat(201)]) {
      expect([code, (await release(code, 'x')).status]).toEqual([code, 400])
    }
  })
})
