import type { ActionLine } from '../../exchange/history.ts'
import type { Receipt } from '../../exchange/receipts.ts'

/**
 * The `path` that old clients are shown and hand back. It has the shape that they know, cannot be guessed
 * (it ends in a random UUID), and is compared as a whole with what we would show: it is never opened.
 */

type Place = readonly [orgId: number, kind: string, ...names: (string | number)[]]

function path(place: Place, file: string): string {
  return `/${place.join('/')}/${file}`
}

const seconds = (at: number | null) => Math.floor(Number(at ?? 0) / 1_000_000)

export function submissionPath(orgId: number, of: Receipt): string {
  const { assignmentCode, courseCode, id, statedAt, student } = of
  return path([orgId, 'submitted', courseCode, assignmentCode, student, seconds(statedAt)], `${id}.gz`)
}

/** The id of the submission that a path ends in; null for anything that is no path of ours. */
export function submissionIdIn(text: string): string | null {
  return /\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.gz$/.exec(text)?.[1] ?? null
}

export type AssignmentPlace = readonly [orgId: number, course: string, assignment: string]

/** The path of the file that an action was about; empty where there was none. */
export function actionPath([orgId, course, assignment]: AssignmentPlace, row: ActionLine): string {
  if (row.release_id !== null) {
    return path([orgId, 'released', course, assignment, seconds(row.released_at)], `${row.release_id}.gz`)
  }
  if (row.submission_id !== null) {
    const of = [course, assignment, row.owner ?? '', seconds(row.stated_at)]
    return path([orgId, 'submitted', ...of], `${row.submission_id}.gz`)
  }
  if (row.feedback_id !== null) {
    const at = seconds(row.feedback_released_at)
    return path([orgId, 'feedback', course, assignment, at], `${row.feedback_id}.html`)
  }
  return ''
}
