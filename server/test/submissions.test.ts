import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatTimestamp } from '../src/exchange/timestamps.ts'
import { post } from './legacy-client.ts'
import { head, RawConnection } from './raw-http.ts'
import { archive, person, signIn, startTestService, type TestService, upload } from './start.ts'

const ina = person('ina', 'Instructor')
const sam = person('sam', 'Student', 'bio', { full_name: 'Sam Example', email: 'sam@example.com' })
const tess = person('tess', 'Student')
const assignment = 'courses/bio/assignments/ps1'
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

let service: TestService

beforeAll(async () => {
  service = await startTestService()
  await service.api(ina, `${assignment}/releases?notebook=p1`, upload(archive('release')))
})
afterAll(() => service.close())

async function submitAs(
  who: typeof sam,
  content: string,
  more: { query?: string; headers?: Record<string, string> } = {},
) {
  const answer = await service.api(
    who,
    `${assignment}/submissions?notebook=p1${more.query ?? ''}`,
    upload(archive(content), more.headers),
  )
  return { status: answer.status, body: (await answer.json()) as Record<string, string> }
}

async function listed(query = '') {
  const answer = await service.api(ina, `submissions?course_id=bio&assignment_id=ps1${query}`)
  return ((await answer.json()) as { submissions: Record<string, string>[] }).submissions
}

async function submissionsCounted() {
  const metrics = await (await fetch(new URL('/metrics', service.url))).text()
  const found = /^nbexchange_submissions_acknowledged_total (\d+)$/m.exec(metrics)
  if (!found) throw new Error('submissions are not counted')
  return Number(found[1])
}

async function filesOnDisk(kind: string) {
  const names = await readdir(join(service.directory, 'storage', '1', kind), { recursive: true })
  return names.filter((name) => name.includes('/'))
}

describe('handing in', () => {
  test('a receipt names what was stored, and the student reads the same bytes back', async () => {
    const { status, body } = await submitAs(sam, 'first')
    expect(status).toBe(201)
    expect(body).toMatchObject({
      course_id: 'bio',
      assignment_id: 'ps1',
      student: 'sam',
      submitted_by: 'sam',
      sha256: sha256(archive('first')),
      size: archive('first').length,
      notebooks: ['p1'],
    })
    expect(body.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC$/)
    const content = await service.api(sam, `${assignment}/submissions/${body.id}/content`)
    expect(Buffer.from(await content.arrayBuffer())).toEqual(archive('first'))
    expect(content.headers.get('repr-digest')).toBe(
      `sha-256=:${Buffer.from(String(body.sha256), 'hex').toString('base64')}:`,
    )
  })

  test("a server-made timestamp is strictly later than the student's last one for the assignment", async () => {
    const future = '2099-01-01 00:00:00.000000 UTC'
    const names = { course_id: 'bio', assignment_id: 'ps1', timestamp: future }
    expect(await post(service, tess, ['submission', names, 't'])).toMatchObject({ success: true })
    const { body } = await submitAs(tess, 'later')
    expect(body.timestamp).toBe('2099-01-01 00:00:00.000001 UTC')
    expect(String(body.effective_at) < '2099').toBe(true)
    const onBehalf = await submitAs(ina, 'later still', { query: '&student=tess' })
    expect(onBehalf.body.timestamp).toBe('2099-01-01 00:00:00.000002 UTC')
    expect(String(onBehalf.body.effective_at) < '2099').toBe(true)
  })

  test('counts as received when the request began, however long the file was on its way', async () => {
    const form = `--x\r\nContent-Disposition: form-data; name="assignment"; filename="a"\r\n\r\nslow\r\n--x--\r\n`
    for (const [path, type, file] of [
      ['submission?course_id=bio&assignment_id=ps1', 'multipart/form-data; boundary=x', Buffer.from(form)],
      [`api/v1/${assignment}/submissions`, 'application/gzip', archive('slow')],
    ] as const) {
      const { pathname, port, search } = new URL(service.url + path)
      const headers = { 'Content-Type': type, 'Content-Length': file.length, Expect: '100-continue' }
      const connection = new RawConnection(Number(port))
      await connection.send(
        head(`POST ${pathname}${search}`, { ...signIn(sam), ...headers, Connection: 'close' }),
      )
      await connection.until('100 Continue')
      const began = Date.now()
      await new Promise((resolve) => setTimeout(resolve, 20))
      await connection.send(file)
      const [, time = ''] = /"received_at":"(.{23})/.exec(await connection.closed) ?? []
      expect(Date.parse(`${time.replace(' ', 'T')}Z`), path).toBeLessThanOrEqual(began)
    }
  })

  test('a retry with the same key and bytes gives the same receipt and no second row or file', async () => {
    const headers = { 'idempotency-key': 'retry-1' }
    const before = (await filesOnDisk('submitted')).length
    const counted = await submissionsCounted()
    const first = await submitAs(sam, 'retried', { headers })
    const again = await Promise.all(Array.from({ length: 20 }, () => submitAs(sam, 'retried', { headers })))
    expect(first.status).toBe(201)
    for (const answer of again) expect(answer).toEqual({ status: 200, body: first.body })
    expect((await listed('&student=sam')).filter((row) => row.id === first.body.id)).toHaveLength(1)
    expect((await filesOnDisk('submitted')).length).toBe(before + 1)
    expect(await submissionsCounted()).toBe(counted + 1)
  })

  test('the same key with other bytes is a conflict and stores nothing', async () => {
    const headers = { 'idempotency-key': 'retry-2' }
    await submitAs(sam, 'one', { headers })
    const files = (await filesOnDisk('submitted')).length
    const { status, body } = await submitAs(sam, 'other', { headers })
    expect([status, body.code]).toEqual([409, 'conflict'])
    expect((await filesOnDisk('submitted')).length).toBe(files)
  })

  test('the same key and bytes for another student or assignment are a conflict', async () => {
    const headers = { 'idempotency-key': 'retry-3' }
    const other = 'courses/bio/assignments/other'
    await service.api(ina, `${other}/releases`, upload(archive('r')))
    expect((await submitAs(ina, 'same', { headers, query: '&student=yan' })).status).toBe(201)
    const before = await listed()
    for (const student of ['zoe', 'ina']) {
      const { status, body } = await submitAs(ina, 'same', { headers, query: `&student=${student}` })
      expect([status, body.code]).toEqual([409, 'conflict'])
    }
    const elsewhere = `${other}/submissions?student=yan&notebook=p1`
    expect((await service.api(ina, elsewhere, upload(archive('same'), headers))).status).toBe(409)
    expect(await listed()).toEqual(before)
  })

  test("another student's key is another key", async () => {
    const headers = { 'idempotency-key': 'shared' }
    expect((await submitAs(sam, 'a', { headers })).status).toBe(201)
    expect((await submitAs(tess, 'b', { headers })).status).toBe(201)
  })

  test('twenty at once by one student are twenty submissions with twenty times', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, (_, n) => submitAs(sam, `burst ${n}`)))
    expect(made.map(({ status }) => status)).toEqual(made.map(() => 201))
    expect(new Set(made.map(({ body }) => body.timestamp)).size).toBe(20)
  })

  test('bytes that differ from the declared digest are refused, and nothing is left', async () => {
    const files = (await filesOnDisk('submitted')).length
    const wrong = createHash('sha256').update('other').digest('base64')
    const { status, body } = await submitAs(sam, 'damaged', {
      headers: { 'repr-digest': `sha-256=:${wrong}:` },
    })
    expect([status, body.code]).toEqual([400, 'digest_mismatch'])
    expect((await filesOnDisk('submitted')).length).toBe(files)
  })

  test('what is no gzip file is refused', async () => {
    const init = { ...upload(Buffer.from('plain')) }
    const answer = await service.api(sam, `${assignment}/submissions`, init)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, 'invalid'])
  })

  test('an unknown and an unreleased assignment take nothing', async () => {
    const unknown = await service.api(sam, 'courses/bio/assignments/nothing/submissions', upload(archive()))
    expect(unknown.status).toBe(404)
    await service.api(ina, 'courses/bio/assignments/shut/releases', upload(archive('r')))
    await service.api(ina, 'courses/bio/assignments/shut', { method: 'DELETE' })
    const shut = await service.api(sam, 'courses/bio/assignments/shut/submissions', upload(archive()))
    expect(shut.status).toBe(404)
  })
})

describe('handing in on behalf', () => {
  const at = '2020-02-03 04:05:06.000007 UTC'
  const onBehalf = (who: typeof sam, student: string) =>
    submitAs(who, `for ${student}`, { query: `&student=${student}&timestamp=${encodeURIComponent(at)}` })

  test('an instructor names student and time; both people stand in the log, received_at is the server’s', async () => {
    const { status, body } = await onBehalf(ina, 'never-seen')
    expect(status).toBe(201)
    expect(body).toMatchObject({
      student: 'never-seen',
      submitted_by: 'ina',
      timestamp: at,
      effective_at: '2020-02-03T04:05:06.000007Z',
    })
    expect(String(body.received_at) > '2026').toBe(true)
    const log = (await (await service.api(ina, 'history?course_id=bio&student=never-seen')).json()) as {
      actions: unknown[]
    }
    expect(log.actions).toMatchObject([{ action: 'submitted', user: 'ina', student: 'never-seen' }])
    const members = (await (await service.api(ina, 'courses/bio/members')).json()) as {
      members: { name: string }[]
    }
    expect(members.members.map(({ name }) => name)).toContain('never-seen')
  })

  test('the student sees it in both lists of what happened, a classmate in none', async () => {
    await onBehalf(ina, 'vic')
    const seen = async (who: typeof sam) => {
      const listed = await service.request(who, 'assignments?course_id=bio')
      const { value } = (await listed.json()) as { value: { status: string; timestamp: string }[] }
      const log = (await (await service.api(who, 'history?course_id=bio')).json()) as {
        actions: { action: string; student: string | null }[]
      }
      return [
        value.filter(({ status, timestamp }) => status === 'submitted' && timestamp === at).length,
        log.actions.filter(({ action, student }) => action === 'submitted' && student === 'vic').length,
      ]
    }
    expect(await seen(person('vic', 'Student'))).toEqual([1, 1])
    expect(await seen(person('wim', 'Student'))).toEqual([0, 0])
  })

  test('of a name that no user can have is refused', async () => {
    expect((await onBehalf(ina, 'x'.repeat(201))).status).toBe(400)
    expect((await onBehalf(ina, 'x'.repeat(200))).status).toBe(201)
  })

  test('a student may not', async () => {
    expect((await onBehalf(sam, 'tess')).status).toBe(403)
  })

  test('nobody makes an own time', async () => {
    const { status } = await submitAs(sam, 'x', { query: `&timestamp=${encodeURIComponent(at)}` })
    expect(status).toBe(400)
  })

  test('is not taken for a time that is still to come, but for clocks that differ by minutes', async () => {
    const inMinutes = (minutes: number) => {
      const at = formatTimestamp((Date.now() + minutes * 60_000) * 1000)
      return submitAs(ina, 'soon', { query: `&student=fay&timestamp=${encodeURIComponent(at)}` })
    }
    expect((await inMinutes(4)).status).toBe(201)
    const { body, status } = await inMinutes(10)
    expect([status, body]).toMatchObject([
      400,
      { code: 'invalid', message: expect.stringMatching(/is still to come/) },
    ])
  })

  test('the same student and time with other bytes is a conflict', async () => {
    await onBehalf(ina, 'uma')
    const query = `&student=uma&timestamp=${encodeURIComponent(at)}`
    expect((await submitAs(ina, 'other', { query })).status).toBe(409)
    expect((await submitAs(ina, 'for uma', { query })).status).toBe(200)
  })
})

describe('collecting', () => {
  test('latest is the newest of each student, before counts only what was there by then', async () => {
    const course = 'courses/bio/assignments/late'
    await service.api(ina, `${course}/releases`, upload(archive('r')))
    const times = [
      '2020-01-01 00:00:00.000000 UTC',
      '2020-01-02 00:00:00.000000 UTC',
      '2020-01-03 00:00:00.000000 UTC',
    ]
    for (const student of ['a', 'b']) {
      for (const [n, time] of times.entries()) {
        const query = `student=${student}&timestamp=${encodeURIComponent(time)}`
        await service.api(ina, `${course}/submissions?${query}`, upload(archive(`${student}${n}`)))
      }
    }
    const list = async (query: string) => {
      const answer = await service.api(ina, `submissions?course_id=bio&assignment_id=late&${query}`)
      const { submissions } = (await answer.json()) as {
        submissions: { student: string; timestamp: string }[]
      }
      return submissions.map(({ student, timestamp }) => `${student} ${timestamp.slice(0, 10)}`)
    }
    expect(await list('latest=true')).toEqual(['a 2020-01-03', 'b 2020-01-03'])
    const before = `before=${encodeURIComponent(String(times[1]))}`
    expect(await list(`latest=true&${before}`)).toEqual(['a 2020-01-02', 'b 2020-01-02'])
    expect(await list(before)).toHaveLength(4)
    expect(await list('student=b&latest=true')).toEqual(['b 2020-01-03'])
  })

  test.each([
    ['of a course', ina, 'submissions?course_id=bio&assignment_id=ps1'],
    ['of the own work', sam, 'me/submissions?assignment_id=ps1'],
  ] as const)('pages %s follow one another without a gap or a double', async (_, who, path) => {
    const read = async (query: string) =>
      (await (await service.api(who, path + query)).json()) as {
        submissions: { id: string }[]
        next: string | null
      }
    const all = (await read('')).submissions.map(({ id }) => id)
    expect(all.length).toBeGreaterThan(14)
    const pages: string[][] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await read(`&limit=7${cursor && `&cursor=${cursor}`}`)
      pages.push(page.submissions.map(({ id }) => id))
      cursor = page.next
    }
    expect(pages.flat()).toEqual(all)
    expect(pages.slice(0, -1).map((page) => page.length)).toEqual(pages.slice(1).map(() => 7))
  })

  test('latest is the one before where the newest was removed', async () => {
    const rae = person('rae', 'Student')
    const [first, second] = [await submitAs(rae, 'first'), await submitAs(rae, 'second')]
    const latest = async () => (await listed('&latest=true&student=rae')).map((row) => row.id)
    expect(await latest()).toEqual([second.body.id])
    await service.api(ina, `${assignment}/submissions/${second.body.id}`, { method: 'DELETE' })
    expect(await latest()).toEqual([first.body.id])
  })

  test('a removed submission leaves the collection and stays with its student', async () => {
    const { body } = await submitAs(tess, 'to be removed')
    const path = `${assignment}/submissions/${body.id}`
    expect((await service.api(tess, path, { method: 'DELETE' })).status).toBe(403)
    const removing = Array.from({ length: 5 }, () => service.api(ina, path, { method: 'DELETE' }))
    for (const answer of await Promise.all(removing)) expect(answer.status).toBe(204)
    expect((await service.api(ina, path, { method: 'DELETE' })).status).toBe(204)
    const log = await service.api(ina, 'history?course_id=bio&student=tess&action=removed')
    expect(((await log.json()) as { actions: unknown[] }).actions).toHaveLength(1)
    expect((await listed()).map((row) => row.id)).not.toContain(body.id)
    for (const method of ['GET', 'HEAD']) {
      expect((await service.api(ina, path, { method })).status).toBe(404)
      expect((await service.api(ina, `${path}/content`, { method })).status).toBe(404)
    }
    expect((await service.api(tess, `${path}/content`)).status).toBe(200)
    const own = (await (await service.api(tess, 'me/submissions')).json()) as {
      submissions: { id: string }[]
    }
    expect(own.submissions.map(({ id }) => id)).toContain(body.id)
  })

  test('a submission taken off the own list can still be collected', async () => {
    const { body } = await submitAs(tess, 'to be hidden')
    expect((await service.api(sam, `me/submissions/${body.id}`, { method: 'DELETE' })).status).toBe(404)
    const inTwo = { ...tess, courses: [{ course_id: 'art', course_role: 'Student' }] }
    expect((await service.api(inTwo, `me/submissions/${body.id}`, { method: 'DELETE' })).status).toBe(204)
    const own = (await (await service.api(tess, 'me/submissions')).json()) as {
      submissions: { id: string }[]
    }
    expect(own.submissions.map(({ id }) => id)).not.toContain(body.id)
    expect((await listed()).map((row) => row.id)).toContain(body.id)
  })

  test("another student's submission does not exist for a student", async () => {
    const { body } = await submitAs(tess, 'mine')
    expect((await service.api(sam, `${assignment}/submissions/${body.id}`)).status).toBe(404)
    expect((await service.api(sam, `${assignment}/submissions/${body.id}/content`)).status).toBe(404)
  })
})

describe('feedback on a list of submissions', () => {
  test('feedback on an older submission does not show on the newest when only that one is listed', async () => {
    const code = 'courses/bio/assignments/graded'
    await service.api(ina, `${code}/releases`, upload(archive('r')))
    const hand = async (content: string) =>
      (await (await service.api(sam, `${code}/submissions`, upload(archive(content)))).json()) as {
        timestamp: string
      }
    const { timestamp } = await hand('one')
    await hand('two')
    await service.api(ina, `${code}/feedback/sam/${encodeURIComponent(timestamp)}/p1`, {
      method: 'PUT',
      body: '<p>one</p>',
      headers: { 'content-type': 'text/html' },
    })
    const list = async (query: string) => {
      const answer = await service.api(ina, `submissions?assignment_id=graded&feedback=true${query}`)
      const { submissions } = (await answer.json()) as { submissions: { feedback: unknown[] }[] }
      return submissions.map(({ feedback }) => feedback.length)
    }
    expect(await list('')).toEqual([1, 0])
    expect(await list('&latest=true')).toEqual([0])
  })
})
