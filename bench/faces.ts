import type { Agent } from 'node:http'
import { FORM } from '../torture/hand-in.ts'
import type { Body } from './bodies.ts'
import { askWell, type Reply } from './wire.ts'

/** Somebody in the class. */
export interface Who {
  name: string
  role: 'Instructor' | 'Student'
}

/** One way to reach an exchange: our API, our legacy face, or the legacy face of another exchange. */
export interface Face {
  name: string
  /** Of notebook p1, unless others are named. */
  release(assignment: string, body: Body, notebooks?: readonly string[]): Promise<void>
  /** Throws unless the receipt, where there is one, names the sha256 of what was sent. */
  submit(student: Who, assignment: string, body: Body): Promise<void>
  /** Throws unless exactly these bytes come. */
  fetch(student: Who, assignment: string, expected: Body): Promise<void>
  listAssignments(who: Who): Promise<Reply>
  listSubmissions(instructor: Who, assignment: string): Promise<Reply>
  history(who: Who): Promise<Reply>
}

export interface FaceOptions {
  /** With the slash at its end. */
  url: string
  agent: Agent
  headers: (who: Who) => Record<string, string>
}

export const COURSE = 'bench'
export const INSTRUCTOR: Who = { name: 'ina', role: 'Instructor' }

/** The student with this number; the same name always. */
export function student(index: number): Who {
  return { name: `student-${index}`, role: 'Student' }
}

/** How the sign-in `proxy-header` is told who somebody is. */
export function proxyHeader(who: Who): Record<string, string> {
  const person = { name: who.name, course_id: COURSE, course_role: who.role, org_id: 1 }
  return { 'x-exchange-user': JSON.stringify(person) }
}

export function apiFace({ agent, headers, url }: FaceOptions): Face {
  const place = (assignment: string) => `${url}api/v1/courses/${COURSE}/assignments/${assignment}`
  const get = (who: Who, path: string) => askWell(agent, `${url}api/v1/${path}`, { headers: headers(who) })
  const post = (who: Who, address: string, body: Body) =>
    askWell(agent, address, {
      method: 'POST',
      headers: { ...headers(who), 'content-type': 'application/gzip' },
      body: [body.bytes],
    })
  return {
    name: 'API',
    async release(assignment, body, notebooks = ['p1']) {
      const names = notebooks.map((notebook) => `notebook=${notebook}&`).join('')
      await post(INSTRUCTOR, `${place(assignment)}/releases?${names}force=true`, body)
    },
    async submit(who, assignment, body) {
      same(JSON.parse((await post(who, `${place(assignment)}/submissions?notebook=p1`, body)).text()), body)
    },
    async fetch(who, assignment, expected) {
      const address = `${place(assignment)}/releases/latest/content`
      same(await askWell(agent, address, { headers: headers(who) }), expected)
    },
    listAssignments: (who) => get(who, `assignments?course_id=${COURSE}`),
    listSubmissions: (who, assignment) =>
      get(who, `submissions?course_id=${COURSE}&assignment_id=${assignment}&limit=5000`),
    history: (who) => get(who, `history?course_id=${COURSE}&limit=5000`),
  }
}

export function legacyFace({ agent, headers, url }: FaceOptions): Face {
  const query = (assignment: string) => `course_id=${COURSE}&assignment_id=${assignment}`
  const get = (who: Who, path: string) => askWell(agent, `${url}${path}`, { headers: headers(who) })
  const post = async (who: Who, path: string, body: Body) => {
    const reply = await askWell(agent, `${url}${path}`, {
      method: 'POST',
      headers: { ...headers(who), 'content-type': FORM.type },
      body: [timestampField(), FORM.head, body.bytes, FORM.tail],
    })
    const said = JSON.parse(reply.text()) as { success?: boolean; receipt?: { sha256: string } }
    if (said.success !== true) throw new Error(`${path}: ${reply.text().slice(0, 300)}`)
    return said
  }
  return {
    name: 'legacy',
    async release(assignment, body, notebooks = ['p1']) {
      const names = notebooks.map((notebook) => `&notebooks=${notebook}`).join('')
      await post(INSTRUCTOR, `assignment?${query(assignment)}${names}`, body)
    },
    async submit(who, assignment, body) {
      const { receipt } = await post(who, `submission?${query(assignment)}`, body)
      // An exchange of old gives no receipt.
      if (receipt) same(receipt, body)
    },
    async fetch(who, assignment, expected) {
      same(await get(who, `assignment?${query(assignment)}`), expected)
    },
    listAssignments: (who) => get(who, `assignments?course_id=${COURSE}`),
    listSubmissions: (who, assignment) => get(who, `collections?${query(assignment)}`),
    history: (who) => get(who, 'history'),
  }
}

/** The field that old clients send with what they submit; a release takes no notice of it. */
function timestampField(): Buffer {
  const now = new Date().toISOString().replace('T', ' ').replace('Z', '000 UTC')
  const [delimiter] = FORM.head.toString().split('\r\n')
  return Buffer.from(`${delimiter}\r\nContent-Disposition: form-data; name="timestamp"\r\n\r\n${now}\r\n`)
}

function same(found: { sha256: string }, expected: Body): void {
  if (found.sha256 !== expected.sha256) throw new Error(`sha256 ${found.sha256}, not ${expected.sha256}`)
}
