import { type Action, OLD_ACTIONS } from '../../db/schema/log.ts'
import { ExchangeError } from '../../errors.ts'
import { formatTimestamp, parseTimestamp } from '../../exchange/timestamps.ts'
import { type Locations, locationsBelow, type Place } from './locations.ts'
import { indexOf, type Known } from './nbexchange-index.ts'
import type { OldRow, OldTables } from './nbexchange-rows.ts'
import type { Holdings, Skipped, SourceAction, SourceFile } from './records.ts'

/** A row that cannot be taken over, and why. */
class Broken extends Error {}

/** What nbexchange 1.5 or 2.0 holds. What is broken in it is listed, never repaired. */
export function nbexchangeHoldings(
  old: OldTables,
  storage: { now: string; was: string | undefined },
): Holdings {
  const tables = { ...old, action: old.action.map(withPlainWord) }
  const known = indexOf(tables)
  const locations = locationsBelow(placesOf(tables, known), storage)
  const reading: Reading = { known, locations, skipped: [...known.skipped], files: new Map() }
  const files = [
    ...taken(tables.action, reading, 'action', (row) => fileOfAction(row, reading)),
    ...taken(tables.feedback_2, reading, 'feedback_2', (row) => feedbackOf(row, reading)),
  ]
  for (const file of files) if ('path' in file.bytes) remember(reading, file.bytes.path, file)
  const actions = taken(tables.action, reading, 'action', (row) => actionOf(row, reading))
  const { assignments, courses, members, users } = known.holdings
  return { users, courses, members, assignments, files, actions, skipped: reading.skipped }
}

interface Reading {
  known: Known
  locations: Locations
  skipped: Skipped[]
  /** Files by their path. One file may be the feedback of several people. */
  files: Map<string, SourceFile[]>
}

function remember({ files }: Reading, path: string, file: SourceFile): void {
  files.set(path, [...(files.get(path) ?? []), file])
}

/** What `read` makes of the rows; a row that is broken is listed once. */
function taken<T>(
  rows: readonly OldRow[],
  reading: Reading,
  table: string,
  read: (row: OldRow) => T | null,
): T[] {
  return rows.flatMap((row) => {
    const origin = `${table} ${row.id}`
    try {
      const one = read(row)
      return one === null ? [] : [one]
    } catch (error) {
      if (!(error instanceof Broken) && !(error instanceof ExchangeError)) throw error
      const location = row.location ?? undefined
      if (!reading.skipped.some((other) => other.origin === origin)) {
        reading.skipped.push({ origin, reason: error.message, location })
      }
      return []
    }
  })
}

const KINDS: Readonly<Record<string, Place['kind']>> = {
  released: 'released',
  fetched: 'released',
  submitted: 'submitted',
  collected: 'submitted',
  feedback_released: 'feedback',
  feedback_fetched: 'feedback',
}

function placesOf(tables: OldTables, known: Known) {
  return tables.action.flatMap((row) => {
    const assignment = known.assignments.get(row.assignment_id ?? '')
    const kind = KINDS[row.action ?? '']
    return assignment && kind ? [{ location: row.location ?? null, place: { ...assignment, kind } }] : []
  })
}

function contextOf(row: OldRow, { known }: Reading) {
  if (row.assignment_id === null) throw new Broken('it belongs to no assignment')
  const assignment = known.assignments.get(row.assignment_id ?? '')
  if (!assignment) throw new Broken(`its assignment ${row.assignment_id} is not there`)
  const { course, orgId } = assignment
  return { orgId, course, assignment: assignment.assignment, by: userOf(row.user_id, known, orgId) }
}

function userOf(id: string | null | undefined, known: Known, orgId: number): string {
  const user = known.users.get(id ?? '')
  if (!user) throw new Broken(`its user ${id ?? '(none)'} is not there`)
  if (user.orgId !== orgId) {
    throw new Broken(`user ${user.name} of organisation ${user.orgId} in a course of organisation ${orgId}`)
  }
  return user.name
}

function timeOf(text: string | null | undefined): number {
  if (text === null || text === undefined) throw new Broken('it has no time')
  return parseTimestamp(text.replace(/\+00(:00)?$/, ' UTC'))
}

function pathOf(row: OldRow, place: Place, { locations }: Reading): string {
  const found = locations.find(row.location ?? null, place)
  if ('reason' in found) throw new Broken(found.reason)
  return found.path
}

/** The file that a `released` or `submitted` action brought; null for every other action. */
function fileOfAction(row: OldRow, reading: Reading): SourceFile | null {
  if (row.action !== 'released' && row.action !== 'submitted') return null
  const context = contextOf(row, reading)
  const at = timeOf(row.timestamp)
  const kind = row.action
  const bytes = { path: pathOf(row, { ...context, kind }, reading) }
  const notebooks = reading.known.notebooksOf(context)
  const common = { origin: originOf('action', row), ...context, at, bytes, notebooks }
  if (kind === 'released') return { ...common, kind }
  return { ...common, kind, statedAt: at, label: formatTimestamp(at) }
}

function feedbackOf(row: OldRow, reading: Reading): SourceFile {
  const { known } = reading
  const notebook = known.notebooks.get(row.notebook_id ?? '')
  if (!notebook) throw new Broken(`its notebook ${row.notebook_id ?? '(none)'} is not there`)
  const assignment = known.assignments.get(notebook.assignmentId)
  if (!assignment) throw new Broken(`the assignment of its notebook ${notebook.name} is not there`)
  const { assignment: code, course, orgId } = assignment
  const kind = 'feedback'
  const statedAt = timeOf(row.timestamp)
  return {
    origin: originOf('feedback', row),
    kind,
    orgId,
    course,
    assignment: code,
    by: userOf(row.instructor_id, known, orgId),
    student: userOf(row.student_id, known, orgId),
    at: row.created_at === null ? statedAt : timeOf(row.created_at),
    bytes: { path: pathOf(row, { ...assignment, kind }, reading) },
    label: formatTimestamp(statedAt),
    statedAt,
    notebook: notebook.name,
    checksum: row.checksum ?? null,
  }
}

function actionOf(row: OldRow, reading: Reading): SourceAction {
  const context = contextOf(row, reading)
  const action = actionNamed(row.action ?? '')
  const kind = KINDS[action]
  if (kind === undefined) throw new Broken(`${row.action} is no action of the old service`)
  const file = fileAbout(row, { ...context, kind }, reading)
  const { by: user, ...place } = context
  const student = file?.kind === 'submitted' ? file.by : file?.kind === 'feedback' ? file.student : null
  const at = timeOf(row.timestamp)
  const origin = originOf('action', row)
  return { origin, ...place, user, student, action, at, file: file?.origin ?? null }
}

/** 1.5 wrote the names of an enum, 2.0 databases may hold them with its class before. */
function withPlainWord(row: OldRow): OldRow {
  return { ...row, action: row.action?.replace(/^AssignmentActions\./, '') ?? null }
}

function actionNamed(text: string): Action {
  const action = OLD_ACTIONS.find((one) => one === text)
  if (action) return action
  throw new Broken(`${text} is no action of the old service`)
}

/** The file that the action names: its own, or where one file is the feedback of several people, that of who acts. */
function fileAbout(row: OldRow, place: Place & { by: string }, reading: Reading): SourceFile | null {
  if (row.location === null || row.location === '') return null
  const found = reading.files.get(pathOf(row, place, reading)) ?? []
  const own = found.find((file) => file.kind === 'feedback' && file.student === place.by)
  const file = own ?? found[0]
  if (file) return file
  throw new Broken('nothing that can be taken over has this file')
}

/** The number alone is not enough: SQLite gives the numbers of deleted rows again. */
function originOf(table: string, row: OldRow): string {
  return [`${table} ${row.id}`, row.timestamp, row.location].join('\n')
}
