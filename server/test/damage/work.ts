import { createHash, randomBytes } from 'node:crypto'
import { runOn } from '../databases.ts'
import { archive, person, type TestService, upload } from '../start.ts'

export const KINDS = ['released', 'submitted', 'feedback'] as const
export type Kind = (typeof KINDS)[number]
export const FACES = ['api', 'legacy'] as const
export type Face = (typeof FACES)[number]

export interface File {
  key: string
  bytes: Buffer
  /** Lower-case hex. */
  sha256: string
  /** Where each face gives it. */
  doors: Record<Face, string>
}

export type Work = Record<Kind, File>

const BYTES = 150_000
const TABLES = { released: 'releases', submitted: 'submissions', feedback: 'feedback' }
const ina = person('ina', 'Instructor')
const sam = person('sam', 'Student')
/** Who may have it. */
const READER = { released: sam, submitted: ina, feedback: sam }

/** A release, a submission and its feedback for a new assignment; files of one kind have one size. */
export async function makeWork(service: TestService, assignment: string): Promise<Work> {
  const place = `courses/bio/assignments/${assignment}`
  const released = archive(randomBytes(BYTES))
  const submitted = archive(randomBytes(BYTES))
  const page = Buffer.from(`<p>${randomBytes(BYTES).toString('hex')}</p>`)
  await done(service.api(ina, `${place}/releases?notebook=p1`, upload(released)))
  const receipt = await done(service.api(sam, `${place}/submissions?notebook=p1`, upload(submitted)))
  const { id, timestamp } = receipt as { id: string; timestamp: string }
  const feedback = `${place}/feedback/sam/${encodeURIComponent(timestamp)}/p1`
  const html = { method: 'PUT', headers: { 'content-type': 'text/html' }, body: new Uint8Array(page) }
  await done(service.api(ina, feedback, html))
  const names = `course_id=bio&assignment_id=${assignment}`
  const { value } = await done(service.request(ina, `collections?${names}`))
  const [{ path = '' } = {}] = value as { path?: string }[]
  const file = async (kind: Kind, bytes: Buffer, doors: Record<Face, string>): Promise<File> => {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return { bytes, sha256, doors, key: await keyOf(service, kind, sha256) }
  }
  return {
    released: await file('released', released, {
      api: `api/v1/${place}/releases/latest/content`,
      legacy: `assignment?${names}`,
    }),
    submitted: await file('submitted', submitted, {
      api: `api/v1/${place}/submissions/${id}/content`,
      legacy: `collection?${names}&path=${encodeURIComponent(path)}`,
    }),
    feedback: await file('feedback', page, { api: `api/v1/${feedback}`, legacy: `feedback?${names}` }),
  }
}

async function done(request: Promise<Response>): Promise<Record<string, unknown>> {
  const answer = await request
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown>
}

async function keyOf(service: TestService, kind: Kind, sha256: string): Promise<string> {
  const rows = await runOn(service.databaseUrl, `select id from ${TABLES[kind]} where sha256 = '${sha256}'`)
  const id = String(rows[0]?.id)
  return `1/${kind}/${id.slice(0, 2)}/${id}`
}

export interface Door {
  kind: Kind
  face: Face
}

/** Asks for the file as somebody who may have it. */
export function ask(service: TestService, work: Work, door: Door, init: RequestInit = {}): Promise<Response> {
  return service.request(READER[door.kind], work[door.kind].doors[door.face], { redirect: 'manual', ...init })
}

/** The bytes, where an answer gave them and ended well; null for a refusal and for an answer that broke off. */
export async function bytesFrom(
  service: TestService,
  work: Work,
  door: Door,
  init: RequestInit = {},
): Promise<Buffer | null> {
  try {
    const answer = await ask(service, work, door, init)
    if (!answer.ok) return null
    if (door.kind === 'feedback' && door.face === 'legacy') return pageIn(await answer.json())
    return Buffer.from(await answer.arrayBuffer())
  } catch (error) {
    // That is how fetch tells of a connection that broke.
    if (error instanceof TypeError) return null
    throw error
  }
}

/** The old face sends all pages in one answer, and names those that it cannot read. */
function pageIn(answer: unknown): Buffer | null {
  const { feedback } = answer as { feedback: { content: string }[] }
  return feedback[0] ? Buffer.from(feedback[0].content, 'base64') : null
}
