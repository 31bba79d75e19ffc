import { FORM, formHead, sha256Of } from '../torture/hand-in.ts'
import type { Body } from './bodies.ts'
import { COURSE, type Face, type FaceOptions, INSTRUCTOR, same, samePages, type Who } from './faces.ts'
import { askWell } from './wire.ts'

export function legacyFace({ agent, headers, url }: FaceOptions): Face {
  const query = (assignment: string) => `course_id=${COURSE}&assignment_id=${assignment}`
  const get = (who: Who, path: string) => askWell(agent, `${url}${path}`, { headers: headers(who) })
  const post = async (who: Who, path: string, parts: readonly Buffer[]) => {
    const reply = await askWell(agent, `${url}${path}`, {
      method: 'POST',
      headers: { ...headers(who), 'content-type': FORM.type },
      body: [...parts, FORM.tail],
    })
    const said = JSON.parse(reply.text()) as { success?: boolean; receipt?: { sha256: string } }
    if (said.success !== true) throw new Error(`${path}: ${reply.text().slice(0, 300)}`)
    return said
  }
  const archive = (body: Body) => [timestampField(), FORM.head, body.bytes]
  return {
    name: 'legacy',
    async release(assignment, body, notebooks = ['p1']) {
      const names = notebooks.map((notebook) => `&notebooks=${notebook}`).join('')
      await post(INSTRUCTOR, `assignment?${query(assignment)}${names}`, archive(body))
    },
    async submit(who, assignment, body) {
      const { receipt } = await post(who, `submission?${query(assignment)}`, archive(body))
      // An exchange of old gives no receipt.
      if (receipt) same(receipt, body)
    },
    async fetch(who, assignment, expected) {
      same(await get(who, `assignment?${query(assignment)}`), expected)
    },
    listAssignments: (who) => get(who, `assignments?course_id=${COURSE}`),
    listSubmissions: (who, assignment) => get(who, `collections?${query(assignment)}`),
    history: (who) => get(who, 'history'),
    async handedIn(assignment) {
      const { value } = JSON.parse((await get(INSTRUCTOR, `collections?${query(assignment)}`)).text()) as {
        value: { student_id: string; timestamp: string; path: string }[]
      }
      return value.map(({ path, student_id: student, timestamp }) => ({
        ...{ student, timestamp },
        path: `collection?${query(assignment)}&path=${encodeURIComponent(path)}`,
      }))
    },
    async collect({ path }, expected) {
      same(await get(INSTRUCTOR, path), expected)
    },
    async giveFeedback({ assignment, html, notebook, student, timestamp }) {
      const more = new URLSearchParams({ notebook, student: student.name, timestamp, checksum: html.sha256 })
      const path = `feedback?${query(assignment)}&${more}`
      await post(INSTRUCTOR, path, [formHead('feedback'), html.bytes])
    },
    async fetchFeedback(who, assignment, expected) {
      const reply = await get(who, `feedback?${query(assignment)}`)
      const { feedback } = JSON.parse(reply.text()) as { feedback: { filename: string; content: string }[] }
      const found = feedback.map(({ content, filename }) => ({
        notebook: filename.replace(/\.html$/, ''),
        sha256: sha256Of(Buffer.from(content, 'base64')),
      }))
      samePages(found, expected)
    },
  }
}

/** The field that old clients send with what they submit; a release takes no notice of it. */
function timestampField(): Buffer {
  const now = new Date().toISOString().replace('T', ' ').replace('Z', '000 UTC')
  const [delimiter] = FORM.head.toString().split('\r\n')
  return Buffer.from(`${delimiter}\r\nContent-Disposition: form-data; name="timestamp"\r\n\r\n${now}\r\n`)
}
