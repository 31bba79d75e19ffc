import { afterAll, beforeAll, expect, test } from 'vitest'
import { type S3TestServer, startS3 } from '../servers/s3.ts'
import { archive, person, startTestService, type TestService, upload } from '../start.ts'

const ina = person('ina', 'Instructor')
const sam = person('sam', 'Student')
const RELEASE = archive('release')
const CONTENT = 'courses/bio/assignments/ps1/releases/latest/content'
const LINK = { headers: { 'x-nbexchange-accept': 'link' }, redirect: 'manual' } as const

let server: S3TestServer
let linking: TestService
let plain: TestService

beforeAll(async () => {
  server = await startS3()
  plain = await startTestService(server.settings('plain/'))
  linking = await startTestService({ ...server.settings('linking/'), NBEX_S3_SIGNED_DOWNLOADS: 'true' })
  for (const service of [plain, linking]) {
    const answer = await service.api(ina, 'courses/bio/assignments/ps1/releases', upload(RELEASE))
    expect(answer.status).toBe(201)
  }
})
afterAll(async () => {
  await Promise.all([plain.close(), linking.close()])
  await server.stop()
})

test('a submission goes into the bucket and comes back', async () => {
  const body = archive(Buffer.alloc(6_000_000, 7))
  const answer = await plain.api(sam, 'courses/bio/assignments/ps1/submissions', upload(body))
  expect(answer.status).toBe(201)
  const { id } = (await answer.json()) as { id: string }
  const path = `courses/bio/assignments/ps1/submissions/${id}/content`
  expect(await bytes(await plain.api(ina, path))).toEqual(body)
})

test('a service on S3 is ready, and says nothing of free space, which S3 does not tell', async () => {
  const answer = await fetch(new URL('/health/ready', plain.url))
  expect(await answer.json()).toMatchObject({ status: 'ok', free_bytes: null })
})

test('a client that accepts a link is sent to the storage, which asks for no credentials', async () => {
  const answer = await linking.api(sam, CONTENT, LINK)
  expect(answer.status).toBe(303)
  expect(answer.headers.get('repr-digest')).toMatch(/^sha-256=:.+:$/)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const link = answer.headers.get('location') ?? ''
  expect(link.startsWith(server.endpoint)).toBe(true)
  expect(await bytes(await fetch(link))).toEqual(RELEASE)
})

test('taking the link counts as fetched', async () => {
  const kim = person('kim', 'Student')
  await linking.api(kim, CONTENT, LINK)
  const answer = await linking.api(kim, 'courses/bio/assignments/ps1')
  expect(await answer.json()).toMatchObject({ fetched_at: expect.any(String) })
})

test('nobody else is sent away: neither who does not ask, nor old clients, nor where the operator wants no links', async () => {
  const legacy = 'assignment?course_id=bio&assignment_id=ps1'
  for (const answer of [
    await linking.api(sam, CONTENT, { redirect: 'manual' }),
    await linking.request(sam, legacy, LINK),
    await plain.api(sam, CONTENT, LINK),
  ]) {
    expect(answer.status).toBe(200)
    expect(await bytes(answer)).toEqual(RELEASE)
  }
})

test('a link is given only to who may have the file', async () => {
  const answer = await linking.api(person('eve', 'Student', 'chem'), CONTENT, LINK)
  expect(answer.status).toBe(403)
  expect(answer.headers.get('location')).toBeNull()
})

async function bytes(answer: Response): Promise<Buffer> {
  return Buffer.from(await answer.arrayBuffer())
}
