import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { archive, type Person, person, type TestService, upload } from './start.ts'

/** The table of fixtures/role-matrix.yaml, and the world in which it is run. */

interface Who {
  is: string
  org: number
  roles: Record<string, string>
  were?: Record<string, string>
  name?: string
  sees: string[]
}

export interface Row {
  method: string
  address: string
  body: string
  /** What each person gets. */
  expected: Record<string, number | 'no'>
  /** Marks that a person may see in this answer alone. */
  alsoSees: Record<string, string[]>
}

type Cells = (number | string | Record<string, string[]>)[]
type Table = { persons: Record<string, Who>; api: Cells[]; legacy: Cells[]; open: string[] }

const table = parse(readFileSync(new URL('fixtures/role-matrix.yaml', import.meta.url), 'utf8')) as Table

export const persons = new Map(Object.entries(table.persons))
export const faces = { api: table.api.map(toRow), legacy: table.legacy.map(toRow) }
export const openRoutes = table.open
export const marks = [...persons.keys(), 'bio', 'chem', 'org2'].filter(
  (mark) => !/2$|none/.test(mark) || mark === 'org2',
)

function toRow(cells: Cells): Row {
  const names = [...persons.keys()]
  const [method, address, body = 'none', alsoSees = {}] = cells.slice(names.length)
  const expected = Object.fromEntries(names.map((name, at) => [name, cells[at] as number | 'no']))
  return {
    method: String(method),
    address: String(address),
    body: String(body),
    expected,
    alsoSees: alsoSees as Record<string, string[]>,
  }
}

/** The sign-in of a person of the table, with the roles they have now or had. */
export function signInOf(key: string, roles: 'roles' | 'were' = 'roles'): Person | null {
  const who = persons.get(key)
  if (!who) throw new Error(`the table has no person ${key}`)
  if (key === 'none') return null
  const mark = who.org === 2 ? 'mark-org2' : `mark-${key}`
  const courses = Object.entries(who[roles] ?? {}).map(([course_id, course_role]) => ({
    course_id,
    course_role,
    course_title: who.org === 2 ? 'mark-org2' : `mark-${course_id}`,
  }))
  return {
    name: who.name ?? key,
    org_id: who.org,
    full_name: mark,
    email: `${mark}@example.com`,
    lms_user_id: mark,
    courses,
  }
}

/** What a test asks for: names and ids that stand in an address as `:name`. */
export type Places = Record<string, string>

/** Everybody is known, has a past where the table says so, and course chem has an assignment. */
export async function populate(service: TestService): Promise<void> {
  for (const [key, who] of persons) if (who.were) await service.api(signInOf(key, 'were'), 'me')
  for (const key of persons.keys()) await service.api(signInOf(key), 'me')
  await service.api(
    signInOf('cara'),
    'courses/chem/assignments/ps1/releases?notebook=mark-chem',
    gzip('mark-chem'),
  )
  await service.api(signInOf('cleo'), 'courses/chem/assignments/ps1/submissions', gzip('mark-cleo'))
}

/** An assignment of course bio in one organisation, with work and feedback. What is in it carries marks. */
export async function makeAssignment(service: TestService, code: string, orgId: number): Promise<Places> {
  const [ina, sam, others] =
    orgId === 1 ? (['ina', 'sam', ['tess', 'rex']] as const) : (['ina2', 'sam2', []] as const)
  const mark = (name: string) => (orgId === 1 ? `mark-${name}` : 'mark-org2')
  const at = `courses/bio/assignments/${code}`
  await done(
    service.api(signInOf(ina), `${at}/releases?notebook=p1&notebook=${mark('bio')}`, gzip(mark('bio'))),
  )
  await service.api(person('gone', 'Student', 'bio', { org_id: orgId }), 'me')
  for (const other of others) {
    const were = signInOf(other, other === 'rex' ? 'were' : 'roles')
    await done(service.api(were, `${at}/submissions`, gzip(mark(other))))
  }
  const receipt = await done(service.api(signInOf(sam), `${at}/submissions`, gzip(mark('sam'))))
  const { id, timestamp } = (await receipt.json()) as { id: string; timestamp: string }
  const html = { method: 'PUT', body: mark('sam'), headers: { 'content-type': 'text/html' } }
  await done(service.api(signInOf(ina), `${at}/feedback/sam/${encodeURIComponent(timestamp)}/p1`, html))
  const listed = await service.request(
    signInOf(ina),
    `collections?course_id=bio&assignment_id=${code}&user_id=sam`,
  )
  const { value } = (await listed.json()) as { value: { path: string }[] }
  if (orgId === 1) await service.api(signInOf('rex'), 'me')
  const names = {
    course: 'bio',
    assignment: code,
    student: 'sam',
    notebook: 'p1',
    user: 'gone',
    version: 'latest',
  }
  return { ...names, id, timestamp, path: String(value[0]?.path) }
}

async function done(answer: Promise<Response>): Promise<Response> {
  const { ok, status } = await answer
  if (!ok) throw new Error(`the world could not be made: ${status} ${await (await answer).text()}`)
  return answer
}

function gzip(content: string): RequestInit {
  return upload(archive(content))
}

/** The body that a row names. */
export function bodyOf(row: Row, places: Places): RequestInit {
  const { body, method } = row
  if (body === 'none') return { method }
  if (body === 'gzip') return gzip('new')
  if (body === 'html') return { method, body: 'new', headers: { 'content-type': 'text/html' } }
  if (body === 'purge') {
    const text = JSON.stringify({ assignment_id: places.assignment })
    return { method, body: text, headers: { 'content-type': 'application/json' } }
  }
  const { notebook, student, timestamp } = places
  const field =
    body === 'batch'
      ? [student, timestamp, notebook].map((name) => encodeURIComponent(String(name))).join('/')
      : body
  const form = new FormData()
  form.append(field, new Blob(['new']), 'a.gz')
  return { method, body: form }
}
