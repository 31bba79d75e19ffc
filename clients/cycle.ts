import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './generated/api.ts'

/**
 * A whole cycle through a service whose sign-in is `demo`, on the client that is generated from its description: release,
 * list, download, hand in, collect, feedback, and a refusal. `node clients/cycle.ts http://127.0.0.1:9000/services/nbexchange`
 */
const [baseUrl = ''] = process.argv.slice(2)
const place = { course: 'demo101', assignment: `typescript ${randomUUID()}` }

const instructor = clientOf('instructor')
const student = clientOf('student1')

function clientOf(token: string): Client<paths> {
  return createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } })
}

/** The body of a raw upload goes out as it is. */
const RAW = { bodySerializer: (body: Blob) => body, headers: { 'content-type': 'application/gzip' } }

function reprDigest(bytes: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
}

function answered<T>({
  data,
  error,
  response,
}: {
  data?: T | undefined
  error?: unknown
  response: Response
}): T {
  if (data !== undefined) return data
  throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`)
}

async function release(): Promise<Uint8Array> {
  const bytes = gzipSync('the files of the assignment')
  const released = answered(
    await instructor.POST('/api/v1/courses/{course}/assignments/{assignment}/releases', {
      ...RAW,
      params: {
        path: place,
        query: { notebook: ['p1', 'p 2'] },
        header: { 'Repr-Digest': reprDigest(bytes) },
      },
      body: new Blob([bytes]),
    }),
  )
  assert.deepEqual([released.version, released.notebooks], [1, ['p 2', 'p1']])
  return bytes
}

async function fetchReleased(bytes: Uint8Array): Promise<void> {
  const query = { course_id: place.course, assignment_id: place.assignment }
  const { assignments } = answered(await student.GET('/api/v1/assignments', { params: { query } }))
  assert.deepEqual(
    assignments.map((one) => [one.assignment_id, one.status, one.fetched_at]),
    [[place.assignment, 'released', null]],
  )
  const path = '/api/v1/courses/{course}/assignments/{assignment}/releases/{version}/content'
  const { data, error, response } = await student.GET(path, {
    params: { path: { ...place, version: 'latest' } },
    parseAs: 'blob',
  })
  const file = answered<Blob>({ data, error, response })
  assert.deepEqual(new Uint8Array(await file.arrayBuffer()), new Uint8Array(bytes))
  assert.equal(response.headers.get('repr-digest'), reprDigest(bytes))
  const again = await student.GET(path, {
    params: {
      path: { ...place, version: 'latest' },
      header: { 'If-None-Match': response.headers.get('etag') ?? '' },
    },
    parseAs: 'blob',
  })
  assert.equal(again.response.status, 304)
}

type Receipt = components['schemas']['Receipt']

async function handIn(bytes: Uint8Array): Promise<Receipt> {
  const key = randomUUID()
  const send = () =>
    student.POST('/api/v1/courses/{course}/assignments/{assignment}/submissions', {
      ...RAW,
      params: {
        path: place,
        query: { notebook: ['p1'] },
        header: { 'Idempotency-Key': key, 'Repr-Digest': reprDigest(bytes) },
      },
      body: new Blob([bytes]),
    })
  const first = await send()
  const receipt = answered(first)
  const second = await send()
  assert.deepEqual([first.response.status, second.response.status, second.data], [201, 200, receipt])
  assert.ok(Math.abs(Date.parse(receipt.received_at) - Date.now()) < 600_000)
  const { data } = await student.GET('/api/v1/courses/{course}/assignments/{assignment}/submissions/{id}', {
    params: { path: { ...place, id: receipt.id } },
  })
  assert.deepEqual(data, receipt)
  return receipt
}

async function collect(receipt: Receipt, bytes: Uint8Array): Promise<void> {
  const query = { course_id: place.course, assignment_id: place.assignment, latest: true }
  const page = answered(await instructor.GET('/api/v1/submissions', { params: { query } }))
  assert.deepEqual([page.submissions.map(({ id }) => id), page.next], [[receipt.id], null])
  const file = answered<Blob>(
    await instructor.GET('/api/v1/courses/{course}/assignments/{assignment}/submissions/{id}/content', {
      params: { path: { ...place, id: receipt.id } },
      parseAs: 'blob',
    }),
  )
  assert.deepEqual(new Uint8Array(await file.arrayBuffer()), new Uint8Array(bytes))
}

async function giveFeedback({ student: name, timestamp }: Receipt): Promise<void> {
  const page = '<p>well done</p>'
  const path = { ...place, student: name, timestamp, notebook: 'p1' }
  const one = '/api/v1/courses/{course}/assignments/{assignment}/feedback/{student}/{timestamp}/{notebook}'
  answered(
    await instructor.PUT(one, {
      bodySerializer: RAW.bodySerializer,
      headers: { 'content-type': 'text/html' },
      params: { path },
      body: new Blob([page]),
    }),
  )
  const form = new FormData()
  form.append([name, timestamp, 'p 2'].map(encodeURIComponent).join('/'), new Blob([page]), 'p2.html')
  form.append([name, timestamp, 'unknown'].map(encodeURIComponent).join('/'), new Blob(['']), 'empty.html')
  const { results } = answered(
    await instructor.POST('/api/v1/courses/{course}/assignments/{assignment}/feedback', {
      params: { path: place },
      bodySerializer: () => form,
      body: {},
    }),
  )
  assert.deepEqual(
    results.map((result) => ('code' in result ? result.code : result.notebook_id)),
    ['p 2', 'invalid'],
  )
  const { submissions } = answered(
    await student.GET('/api/v1/me/submissions', { params: { query: { assignment_id: place.assignment } } }),
  )
  assert.deepEqual(submissions[0]?.feedback.map((feedback) => feedback.notebook_id).sort(), ['p 2', 'p1'])
  const file = answered<Blob>(await student.GET(one, { params: { path }, parseAs: 'blob' }))
  assert.equal(await file.text(), page)
}

async function beRefused(): Promise<void> {
  const { error, response } = await student.POST('/api/v1/courses/{course}/assignments/{assignment}/purge', {
    params: { path: place },
    body: { assignment_id: place.assignment },
  })
  assert.deepEqual([response.status, error?.code], [403, 'forbidden'])
  const nobody = await clientOf('nobody').GET('/api/v1/me')
  assert.deepEqual([nobody.response.status, nobody.error?.code], [401, 'unauthenticated'])
}

const bytes = await release()
await fetchReleased(bytes)
const work = gzipSync('the work')
const receipt = await handIn(work)
await collect(receipt, work)
await giveFeedback(receipt)
await beRefused()
