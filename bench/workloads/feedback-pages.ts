import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Body } from '../bodies.ts'
import { driveWell } from '../drive.ts'
import { type Face, type Page, student } from '../faces.ts'
import { pick } from './handing-in.ts'

const NOTEBOOKS = ['p1', 'p2', 'p3']
/** Of submissions that are not there: feedback needs none. */
const TIMESTAMP = '2026-01-01 00:00:00.000000 UTC'

export interface Class {
  students: number
  /** Whose feedback is which page goes round. */
  files: readonly Body[]
}

/** How many pages the class gets. */
export function pagesFor({ students }: Class): number {
  return students * NOTEBOOKS.length
}

function pageOf({ files }: Class, assignment: string, index: number): Page {
  const notebook = NOTEBOOKS[index % NOTEBOOKS.length] ?? ''
  const whose = student(Math.floor(index / NOTEBOOKS.length))
  return { student: whose, assignment, timestamp: TIMESTAMP, notebook, html: pick(files, index) }
}

/** Releases a new assignment that everybody has looked at once: nobody gets feedback who is unknown. */
export async function newAssignment(face: Face, room: Class): Promise<string> {
  const assignment = `feedback-${randomUUID().slice(0, 8)}`
  await face.release(assignment, pick(room.files, 0), NOTEBOOKS)
  const one = async (index: number) => (await face.listAssignments(student(index))).size
  await driveWell({ requests: room.students, as: { clients: 16 }, one })
  return assignment
}

/** Releases all pages; answers the seconds. */
export async function releaseAll(
  face: Face,
  room: Class,
  how: { assignment: string; clients: number },
): Promise<number> {
  const { assignment, clients } = how
  const one = async (index: number) => {
    const page = pageOf(room, assignment, index)
    await face.giveFeedback(page)
    return page.html.bytes.length
  }
  return (await driveWell({ requests: pagesFor(room), as: { clients }, one })).seconds
}

/** Every student fetches all of their pages, 16 students at the same time; answers the seconds. */
export async function fetchAll(face: Face, room: Class, assignment: string): Promise<number> {
  const one = async (index: number) => {
    const pages = NOTEBOOKS.map((_, at) => pageOf(room, assignment, index * NOTEBOOKS.length + at))
    const expected = new Map(pages.map(({ html, notebook }) => [notebook, html]))
    await face.fetchFeedback(student(index), assignment, expected)
    return 0
  }
  return (await driveWell({ requests: room.students, as: { clients: 16 }, one })).seconds
}

/** Puts all pages where nbgrader would generate them, below the `folder` of the course. */
export function layOut(folder: string, room: Class, assignment: string): void {
  mkdirSync(folder)
  for (const { bytes, sha256 } of room.files) writeFileSync(join(folder, sha256), bytes)
  for (let index = 0; index < pagesFor(room); index++) {
    const { html, notebook, student, timestamp } = pageOf(room, assignment, index)
    const own = join(folder, 'feedback', student.name, assignment)
    mkdirSync(own, { recursive: true })
    writeFileSync(join(own, 'timestamp.txt'), timestamp)
    linkSync(join(folder, html.sha256), join(own, `${notebook}.html`))
  }
}
