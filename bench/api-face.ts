import type { Body } from './bodies.ts'
import {
  COURSE,
  type Face,
  type FaceOptions,
  type HandedIn,
  INSTRUCTOR,
  type Page,
  same,
  samePages,
  type Who,
} from './faces.ts'
import { askWell } from './wire.ts'

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
    async handedIn(assignment) {
      const all: HandedIn[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const from: string = cursor && `&cursor=${encodeURIComponent(cursor)}`
        const query = `course_id=${COURSE}&assignment_id=${assignment}&limit=1000${from}`
        const page = JSON.parse((await get(INSTRUCTOR, `submissions?${query}`)).text()) as SubmissionPage
        const below = `api/v1/courses/${COURSE}/assignments/${assignment}/submissions`
        all.push(...page.submissions.map(({ id, ...one }) => ({ ...one, path: `${below}/${id}/content` })))
        cursor = page.next
      }
      return all
    },
    async collect({ path }, expected) {
      same(await askWell(agent, `${url}${path}`, { headers: headers(INSTRUCTOR) }), expected)
    },
    async giveFeedback({ assignment, html, ...page }) {
      const reply = await askWell(agent, `${place(assignment)}/${pathOf(page)}`, {
        method: 'PUT',
        headers: { ...headers(INSTRUCTOR), 'content-type': 'text/html' },
        body: [html.bytes],
      })
      same(JSON.parse(reply.text()), html)
    },
    async fetchFeedback(who, assignment, expected) {
      const asked = { headers: headers(who) }
      const list = await askWell(agent, `${place(assignment)}/feedback`, asked)
      const { feedback } = JSON.parse(list.text()) as {
        feedback: { notebook_id: string; timestamp: string }[]
      }
      const found: { notebook: string; sha256: string }[] = []
      for (const { notebook_id: notebook, timestamp } of feedback) {
        const path = pathOf({ student: who, timestamp, notebook })
        const { sha256 } = await askWell(agent, `${place(assignment)}/${path}`, asked)
        found.push({ notebook, sha256 })
      }
      samePages(found, expected)
    },
  }
}

interface SubmissionPage {
  submissions: { id: string; student: string; timestamp: string }[]
  next: string | null
}

function pathOf({ notebook, student, timestamp }: Pick<Page, 'notebook' | 'student' | 'timestamp'>): string {
  return `feedback/${encodeURIComponent(student.name)}/${encodeURIComponent(timestamp)}/${notebook}`
}
