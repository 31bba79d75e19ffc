import { createHash } from 'node:crypto'
import { archive, type Person, person, signIn } from '../server/test/start.ts'

export { archive, person }

/** The two ways in: the API, and the wire format of old clients. */
export type Face = 'api' | 'legacy'

export interface HandIn {
  face: Face
  student: Person
  body: Buffer
  idempotencyKey?: string
}

export interface Answer {
  status: number
  /** Whether the service said that it has it. */
  acknowledged: boolean
  /** The receipt as it came; null where there is none, or the connection broke before it was whole. */
  receipt: Record<string, unknown> | null
}

export const COURSE = 'bio'
export const ASSIGNMENT = 'ps1'
const PLACE = `api/v1/courses/${COURSE}/assignments/${ASSIGNMENT}`
const BOUNDARY = 'nbexchange-torture-7d1f'
const instructor = person('ina', 'Instructor', COURSE)

export const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Releases the assignment that everything is handed in for, unless that was done. */
export async function release(url: string): Promise<void> {
  const answer = await post(`${url}${PLACE}/releases?notebook=p1`, instructor, {
    type: 'application/gzip',
    body: archive('release'),
  })
  if (answer.status !== 201 && answer.status !== 409) throw new Error(`release: ${answer.status}`)
  await answer.arrayBuffer()
}

/** Hands in one file. Throws where the connection broke before the service had answered. */
export async function handIn(url: string, what: HandIn): Promise<Answer> {
  return what.face === 'api' ? viaApi(url, what) : viaLegacy(url, what)
}

/** What the student's own list says, newest receipts and all. */
export async function ownReceipts(url: string, student: Person): Promise<Record<string, unknown>[]> {
  const receipts: Record<string, unknown>[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = `limit=5000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
    const answer = await fetch(`${url}api/v1/me/submissions?${query}`, { headers: signIn(student) })
    if (answer.status !== 200) throw new Error(`listing: ${answer.status}`)
    const page = (await answer.json()) as { submissions: Record<string, unknown>[]; next: string | null }
    receipts.push(...page.submissions)
    cursor = page.next
  }
  return receipts
}

/** The bytes of a student's own submission; throws where the service does not give all of them. */
export async function readBack(url: string, student: Person, id: string): Promise<Buffer> {
  const answer = await fetch(`${url}${PLACE}/submissions/${id}/content`, { headers: signIn(student) })
  if (answer.status !== 200) throw new Error(`reading ${id}: ${answer.status} ${await answer.text()}`)
  return Buffer.from(await answer.arrayBuffer())
}

async function viaApi(url: string, what: HandIn): Promise<Answer> {
  const answer = await post(`${url}${PLACE}/submissions?notebook=p1`, what.student, {
    type: 'application/gzip',
    body: what.body,
    ...(what.idempotencyKey !== undefined && { key: what.idempotencyKey }),
  })
  const { status } = answer
  const acknowledged = status === 200 || status === 201
  const text = await answer.text().catch(() => null)
  return { status, acknowledged, receipt: acknowledged && text ? JSON.parse(text) : null }
}

async function viaLegacy(url: string, what: HandIn): Promise<Answer> {
  const query = new URLSearchParams({ course_id: COURSE, assignment_id: ASSIGNMENT })
  const answer = await post(`${url}submission?${query}`, what.student, {
    type: `multipart/form-data; boundary=${BOUNDARY}`,
    body: inForm(what.body),
  })
  const { status } = answer
  const text = await answer.text().catch(() => null)
  const said =
    text === null ? {} : (JSON.parse(text) as { success?: boolean; receipt?: Record<string, unknown> })
  return { status, acknowledged: status === 200 && said.success === true, receipt: said.receipt ?? null }
}

/** What stands before a file that is a field of a form. */
export function formHead(field: 'assignment' | 'feedback'): Buffer {
  return Buffer.from(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"; filename="a.tar.gz"\r\n` +
      'Content-Type: application/gzip\r\n\r\n',
  )
}

/** The head and tail that make a file the field `assignment` of a form. */
export const FORM = {
  type: `multipart/form-data; boundary=${BOUNDARY}`,
  head: formHead('assignment'),
  tail: Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
}

function inForm(body: Buffer): Buffer {
  return Buffer.concat([FORM.head, body, FORM.tail])
}

function post(
  url: string,
  who: Person,
  what: { type: string; body: Buffer; key?: string },
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: new Uint8Array(what.body),
    headers: {
      ...signIn(who),
      'content-type': what.type,
      ...(what.key !== undefined && { 'idempotency-key': what.key }),
    },
  })
}
