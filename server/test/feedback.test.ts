import { unlink } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, post } from './legacy-client.ts'
import { head, RawConnection } from './raw-http.ts'
import { archive, type Person, person, signIn, startTestService, type TestService, upload } from './start.ts'
import { stored } from './stored.ts'

const ina = person('ina', 'Instructor')
const sam = person('sam', 'Student')
const tess = person('tess', 'Student')
let service: TestService
let count = 0

beforeAll(async () => {
  service = await startTestService()
})
afterAll(() => service.close())

/** A new assignment with work of sam and tess; answers its code, its address, and the times of the two. */
async function newWork() {
  count += 1
  const code = `ps${count}`
  const path = `courses/bio/assignments/${code}`
  await service.api(ina, `${path}/releases?notebook=p1&notebook=p2`, upload(archive('r')))
  const times: string[] = []
  for (const who of [sam, tess]) {
    const receipt = await service.api(who, `${path}/submissions`, upload(archive(who.name)))
    times.push(((await receipt.json()) as { timestamp: string }).timestamp)
  }
  return {
    code,
    path,
    of: { course_id: 'bio', assignment_id: code },
    sams: String(times[0]),
    tesss: String(times[1]),
  }
}

function put(path: string, names: string[], html: string, who: Person = ina): Promise<Response> {
  const headers = { 'content-type': 'text/html' }
  return service.api(who, `${path}/feedback/${names.map(encodeURIComponent).join('/')}`, {
    method: 'PUT',
    body: html,
    headers,
  })
}

async function read(who: Person, path: string, names: string[]) {
  const answer = await service.api(who, `${path}/feedback/${names.map(encodeURIComponent).join('/')}`)
  return answer.ok ? answer.text() : answer.status
}

async function listed(who: Person, path: string, query = '') {
  const answer = await service.api(who, `${path}/feedback${query}`)
  return ((await answer.json()) as { feedback: { student: string; notebook_id: string; version: number }[] })
    .feedback
}

const legacyPut = (of: Record<string, string>, names: Record<string, string>, html: string) =>
  post(service, ina, ['feedback', { ...of, checksum: 'abc', notebook: 'p1', student: 'sam', ...names }, html])
const legacyList = async (who: Person, of: Record<string, string>) =>
  (
    (await call(service, who, ['GET', 'feedback', of])).feedback as {
      content: string
      timestamp: string
      filename: string
    }[]
  ).map((one) => [one.filename, one.timestamp, Buffer.from(one.content, 'base64').toString()])

describe('giving feedback', () => {
  test('again with other bytes is a new version in its place; the old bytes stay stored', async () => {
    const { path, sams } = await newWork()
    const before = (await stored(service)).files.length
    for (const [html, status, version] of [
      ['one', 201, 1],
      ['two', 201, 2],
      ['two', 200, 2],
      ['one', 201, 3],
    ] as const) {
      const answer = await put(path, ['sam', sams, 'p1'], html)
      expect([answer.status, await answer.json()]).toMatchObject([status, { version }])
      expect(await read(sam, path, ['sam', sams, 'p1'])).toBe(html)
    }
    expect(await listed(sam, path)).toMatchObject([{ notebook_id: 'p1', version: 3 }])
    expect((await stored(service)).files.length).toBe(before + 3)
  })

  test('again with the same bytes by old clients doubles nothing', async () => {
    const { of, sams } = await newWork()
    const before = await stored(service)
    for (let n = 0; n < 3; n += 1)
      expect(await legacyPut(of, { timestamp: sams }, '<p>')).toMatchObject({ success: true })
    expect(await legacyList(sam, of)).toEqual([['p1.html', sams, '<p>']])
    expect((await stored(service)).rows.feedback?.length).toBe((before.rows.feedback?.length ?? 0) + 1)
  })

  test('twice at the same moment keeps both versions, each with its file', async () => {
    const { path, sams } = await newWork()
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((html) => put(path, ['sam', sams, 'p1'], html)),
    )
    const versions = await Promise.all(
      answers.map(async (one) => ((await one.json()) as { version: number }).version),
    )
    expect(versions.sort()).toEqual([1, 2, 3, 4])
    expect(await listed(sam, path)).toMatchObject([{ version: 4 }])
  })

  test('is refused where the assignment was purged while the file was on its way', async () => {
    for (const again of [false, true]) {
      const { code, path, sams } = await newWork()
      const { pathname, port } = new URL(service.url)
      const connection = new RawConnection(Number(port))
      const headers = { 'Content-Type': 'text/html', 'Content-Length': 3, Expect: '100-continue' }
      const line = `PUT ${pathname}api/v1/${path}/feedback/sam/${encodeURIComponent(sams)}/p1`
      await connection.send(head(line, { ...signIn(ina), ...headers, Connection: 'close' }))
      await connection.until('100 Continue')
      const purge = { 'content-type': 'application/json' }
      const body = JSON.stringify({ assignment_id: code })
      await service.api(ina, `${path}/purge`, { method: 'POST', body, headers: purge })
      if (again) await service.api(ina, `${path}/releases`, upload(archive('r')))
      const before = (await stored(service)).rows
      await connection.send('<p>')
      expect([again, await connection.closed]).toEqual([again, expect.stringContaining(' 404 ')])
      const { files, rows } = await stored(service)
      expect(rows).toEqual(before)
      expect(files.filter((file) => file.includes('/feedback/'))).toHaveLength(rows.feedback?.length ?? 0)
    }
  })

  test('names the time as an instant: the same moment written otherwise is the same feedback', async () => {
    const { path, sams } = await newWork()
    await put(path, ['sam', sams, 'p1'], 'one')
    const iso = `${sams.slice(0, 26).replace(' ', 'T')}Z`
    expect(await (await put(path, ['sam', iso, 'p1'], 'two')).json()).toMatchObject({ version: 2 })
    expect(await read(sam, path, ['sam', sams, 'p1'])).toBe('two')
  })

  test('needs no submission, but a student of this course', async () => {
    const { path, of } = await newWork()
    const long = '2019-01-01 00:00:00.000000 UTC'
    expect((await put(path, ['sam', long, 'p1'], '<p>')).status).toBe(201)
    await service.api(person('cleo', 'Student', 'chem'), 'me')
    for (const nobody of ['nobody', 'cleo', 'Sam']) {
      expect([nobody, (await put(path, [nobody, long, 'p1'], '<p>')).status]).toEqual([nobody, 404])
      expect(await legacyPut(of, { student: nobody, timestamp: long }, '<p>')).toMatchObject({
        success: false,
      })
    }
  })

  test('to who was forgotten is possible as long as they have handed something in, in this course', async () => {
    const { path } = await newWork()
    const time = '2019-01-01 00:00:00.000000 UTC'
    const [rex, roy] = [person('rex', 'Student'), person('roy', 'Student')]
    await service.api(rex, `${path}/submissions`, upload(archive('work of rex')))
    await service.api(roy, 'me')
    const chem = 'courses/chem/assignments/ps1'
    await service.api(person('cara', 'Instructor', 'chem'), `${chem}/releases`, upload(archive('r')))
    await service.api(person('roy', 'Student', 'chem'), `${chem}/submissions`, upload(archive('of roy')))
    for (const name of ['rex', 'roy']) {
      expect((await put(path, [name, time, 'p1'], '<p>')).status).toBe(201)
      const forgotten = await service.api(ina, `courses/bio/members/${name}`, { method: 'DELETE' })
      expect(forgotten.status).toBe(204)
    }
    expect((await put(path, ['rex', time, 'p2'], '<p>')).status).toBe(201)
    expect((await put(path, ['roy', time, 'p2'], '<p>')).status).toBe(404)
  })

  test('on a notebook that no release has is refused to old clients, which look for that', async () => {
    const { of, sams } = await newWork()
    expect(await legacyPut(of, { notebook: 'p9', timestamp: sams }, '<p>')).toMatchObject({
      success: false,
      code: 'not_found',
    })
  })

  test('keeps the bytes whatever they are, and shows them as an attachment in a sandbox', async () => {
    const { path, of, sams } = await newWork()
    const html = '<script>fetch("/steal")</script>\u00ff\ufffe'
    await put(path, ['sam', sams, 'p1'], html)
    const answer = await service.api(sam, `${path}/feedback/sam/${encodeURIComponent(sams)}/p1`)
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment/)
    expect(answer.headers.get('content-security-policy')).toContain('sandbox')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await answer.text()).toBe(html)
    expect(await legacyList(sam, of)).toEqual([['p1.html', sams, html]])
  })
})

describe('reading feedback', () => {
  test('is for the student it is about and for who teaches; another student cannot guess their way', async () => {
    const { path, of, sams, tesss } = await newWork()
    await put(path, ['sam', sams, 'p1'], 'for sam')
    await put(path, ['tess', tesss, 'p1'], 'for tess')
    expect(await read(sam, path, ['sam', sams, 'p1'])).toBe('for sam')
    expect(await read(ina, path, ['sam', sams, 'p1'])).toBe('for sam')
    expect(await read(tess, path, ['sam', sams, 'p1'])).toBe(403)
    expect(await read(tess, path, ['tess', sams, 'p1'])).toBe(404)
    expect(await legacyList(tess, { ...of, user_id: 'sam', student: 'sam', student_id: 'sam' })).toEqual([
      ['p1.html', tesss, 'for tess'],
    ])
    expect((await listed(tess, path)).map(({ student }) => student)).toEqual(['tess'])
    expect((await listed(ina, path)).map(({ student }) => student)).toEqual(['sam', 'tess'])
    expect((await listed(ina, path, '?student=sam')).map(({ student }) => student)).toEqual(['sam'])
  })

  test('is not for another student’s list of submissions', async () => {
    const { path, code, sams } = await newWork()
    await put(path, ['sam', sams, 'p1'], 'for sam')
    const own = await service.api(tess, `me/submissions?assignment_id=${code}`)
    expect(await own.json()).toMatchObject({ submissions: [{ student: 'tess', feedback: [] }] })
  })

  test('does not come with a submission of another time', async () => {
    const { path, code, sams } = await newWork()
    await put(path, ['sam', sams, 'p1'], 'first')
    await service.api(sam, `${path}/submissions`, upload(archive('again')))
    const own = await service.api(sam, `me/submissions?assignment_id=${code}`)
    expect(await own.json()).toMatchObject({
      submissions: [{ feedback: [{ version: 1 }] }, { feedback: [] }],
    })
  })

  test('shows on all submissions where it names none of them, as before nbexchange 1.5', async () => {
    const { path, of, code } = await newWork()
    await put(path, ['sam', '2019-01-01 00:00:00.000000 UTC', 'p1'], 'old')
    await put(path, ['sam', '2019-01-02 00:00:00.000000 UTC', 'p1'], 'newer')
    await service.api(sam, `${path}/submissions`, upload(archive('again')))
    const own = await service.api(sam, `me/submissions?assignment_id=${code}`)
    const newer = { feedback: [{ timestamp: '2019-01-02 00:00:00.000000 UTC', notebook_id: 'p1' }] }
    expect(await own.json()).toMatchObject({ submissions: [newer, newer] })
    const { value } = (await call(service, sam, ['GET', 'assignments', of])) as {
      value: { status: string; assignment_id: string; notebooks: unknown[] }[]
    }
    const submitted = value.filter((one) => one.status === 'submitted' && one.assignment_id === code)
    expect(submitted.map(({ notebooks }) => notebooks[0])).toMatchObject([
      { notebook_id: 'p1', has_exchange_feedback: true },
      { notebook_id: 'p1', has_exchange_feedback: true },
    ])
  })

  test('goes on where one file of several is gone, and says which', async () => {
    const { path, of, sams } = await newWork()
    await put(path, ['sam', sams, 'p2'], 'stays')
    const before = (await stored(service)).files
    await put(path, ['sam', sams, 'p1'], 'goes')
    const [gone = ''] = (await stored(service)).files.filter((file) => !before.includes(file))
    await unlink(gone)
    expect(await call(service, sam, ['GET', 'feedback', of])).toMatchObject({
      success: true,
      feedback: [{ filename: 'p2.html' }],
      missing: ['p1.html'],
    })
    expect(await read(sam, path, ['sam', sams, 'p1'])).toBe(500)
    expect(await listed(sam, path)).toHaveLength(2)
    const log = await service.api(ina, `history?assignment_id=${of.assignment_id}&action=feedback_fetched`)
    expect(((await log.json()) as { actions: unknown[] }).actions).toHaveLength(1)
  })
})
