import type { Agent } from 'node:http'
import type { Body } from './bodies.ts'
import type { Reply } from './wire.ts'

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
  /** All submissions of an assignment. */
  handedIn(assignment: string): Promise<HandedIn[]>
  /** Throws unless exactly these bytes come. */
  collect(submission: HandedIn, expected: Body): Promise<void>
  giveFeedback(page: Page): Promise<void>
  /** Throws unless exactly these pages come, by their notebooks. */
  fetchFeedback(student: Who, assignment: string, expected: ReadonlyMap<string, Body>): Promise<void>
}

/** A submission as the instructor sees it. */
export interface HandedIn {
  student: string
  timestamp: string
  /** Where its bytes are, below the URL of the exchange. */
  path: string
}

/** Feedback on one notebook of a submission, which is named by its timestamp. */
export interface Page {
  student: Who
  assignment: string
  timestamp: string
  notebook: string
  html: Body
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

/** Throws for other bytes. */
export function same(found: { sha256: string }, expected: Body): void {
  if (found.sha256 !== expected.sha256) throw new Error(`sha256 ${found.sha256}, not ${expected.sha256}`)
}

/** Throws unless these are the pages, by notebook and digest. */
export function samePages(
  found: readonly { notebook: string; sha256: string }[],
  expected: ReadonlyMap<string, Body>,
): void {
  if (found.length !== expected.size) throw new Error(`${found.length} pages, not ${expected.size}`)
  for (const { notebook, sha256 } of found) {
    const page = expected.get(notebook)
    if (!page) throw new Error(`feedback on ${notebook}, which has none`)
    same({ sha256 }, page)
  }
}
