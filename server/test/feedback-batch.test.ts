import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { archive, person, startTestService, type TestService, upload } from './start.ts'

const ina = person('ina', 'Instructor')
const sam = person('sam o/x', 'Student')
const path = 'courses/bio/assignments/ps1/feedback'
const at = '2020-01-01 00:00:00.000000 UTC'

let service: TestService

beforeAll(async () => {
  service = await startTestService()
  await service.api(ina, 'courses/bio/assignments/ps1/releases?notebook=p1', upload(archive('r')))
  await service.api(sam, 'me')
})
afterAll(() => service.close())

const name = (...parts: string[]) => parts.map(encodeURIComponent).join('/')

async function send(who: typeof ina, files: Record<string, string>) {
  const form = new FormData()
  for (const [field, html] of Object.entries(files)) form.append(field, new Blob([html]), 'f.html')
  const answer = await service.api(who, path, { method: 'POST', body: form })
  return { status: answer.status, body: (await answer.json()) as { results: Record<string, unknown>[] } }
}

describe('feedback in a batch', () => {
  test('each file is stored or refused for itself, in the order sent', async () => {
    const { status, body } = await send(ina, {
      [name('sam o/x', at, 'p1')]: '<p>one</p>',
      [name('nobody', at, 'p1')]: '<p>two</p>',
      [name('sam o/x', 'yesterday', 'p1')]: '<p>three</p>',
      [name('sam o/x', at, 'p2 %')]: '<p>four</p>',
    })
    expect(status).toBe(200)
    expect(body.results).toMatchObject([
      { student: 'sam o/x', notebook_id: 'p1', version: 1 },
      { student: 'nobody', code: 'not_found' },
      { timestamp: 'yesterday', code: 'invalid' },
      { notebook_id: 'p2 %', version: 1 },
    ])
    const stored = await service.api(sam, `${path}/${name('sam o/x', at, 'p1')}`)
    expect(await stored.text()).toBe('<p>one</p>')
    expect(stored.headers.get('content-disposition')).toMatch(/^attachment/)
  })

  test('a part without a file name is a page like any other: nothing that was sent is passed over in silence', async () => {
    const field = name('sam o/x', at, 'nameless')
    const body = `--b\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n<p>page</p>\r\n--b--\r\n`
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    const answer = await service.api(ina, path, { method: 'POST', body, headers })
    expect(await answer.json()).toMatchObject({ results: [{ notebook_id: 'nameless', version: 1 }] })
  })

  test('sending the same again changes nothing', async () => {
    const files = { [name('sam o/x', at, 'same')]: '<p>same</p>' }
    const first = await send(ina, files)
    expect((await send(ina, files)).body).toEqual(first.body)
  })

  test('a student may not, and what is no form is refused', async () => {
    expect((await send(sam, { [name('sam o/x', at, 'p1')]: 'x' })).status).toBe(403)
    const plain = { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }
    expect((await service.api(ina, path, plain)).status).toBe(415)
  })

  test('a field name that names no feedback is refused with the whole request', async () => {
    expect((await send(ina, { 'just-a-name': 'x' })).status).toBe(400)
  })
})
