import { join } from 'node:path'
import type { DatabaseLocation } from '../../db/database.ts'
import { openSnapshot, type Snapshot } from '../../db/snapshot.ts'
import { formatTimestamp, parseTimestamp } from '../../exchange/timestamps.ts'
import { writtenAt } from './folders.ts'
import { Gathering } from './gathering.ts'
import type { ArchiveMember, Holdings } from './records.ts'

type Row = Readonly<Record<string, string | null>>

/** The tables of ngshare, what of them is read, and by what they are ordered. */
const TABLES = {
  users: { columns: ['id'], key: ['id'] },
  courses: { columns: ['_id', 'id'], key: ['_id'] },
  instructor_assoc_table: {
    columns: ['left_id', 'right_id', 'first_name', 'last_name', 'email'],
    key: ['left_id', 'right_id'],
  },
  student_assoc_table: {
    columns: ['left_id', 'right_id', 'first_name', 'last_name', 'email'],
    key: ['left_id', 'right_id'],
  },
  assignments: { columns: ['_id', 'id', 'course_id'], key: ['_id'] },
  submissions: { columns: ['_id', 'assignment_id', 'timestamp', 'student_id'], key: ['_id'] },
  files: { columns: ['_id', 'filename', 'actual_name'], key: ['_id'] },
  assignment_files_assoc_table: { columns: ['left_id', 'right_id'], key: ['left_id', 'right_id'] },
  submission_files_assoc_table: { columns: ['left_id', 'right_id'], key: ['left_id', 'right_id'] },
  feedback_files_assoc_table: { columns: ['left_id', 'right_id'], key: ['left_id', 'right_id'] },
} as const

export type NgshareTables = Readonly<Record<keyof typeof TABLES, readonly Row[]>>

/** Everything that an ngshare database says, as it was at one instant. Throws for one of somebody else. */
export async function readNgshareTables(url: DatabaseLocation): Promise<NgshareTables> {
  const snapshot = await openSnapshot(url)
  try {
    const there = await snapshot.tables()
    const missing = Object.keys(TABLES).filter((table) => !there.includes(table))
    if (missing.length > 0) {
      throw new Error(`This is no database of ngshare: it has no table ${missing.join(', ')}.`)
    }
    const entries: [string, Row[]][] = []
    for (const [table, wanted] of Object.entries(TABLES)) {
      entries.push([table, await allRows(snapshot, { table, ...wanted })])
    }
    return Object.fromEntries(entries) as unknown as NgshareTables
  } finally {
    await snapshot.close()
  }
}

async function allRows(
  snapshot: Snapshot,
  wanted: { table: string; columns: readonly string[]; key: readonly string[] },
): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of snapshot.rows({ ...wanted, as: 'text' })) rows.push(row as Row)
  return rows
}

interface Reading {
  tables: NgshareTables
  storage: string
  orgId: number
  by: string
  gathering: Gathering
  courses: ReadonlyMap<string | null | undefined, string>
  assignments: ReadonlyMap<string | null | undefined, { course: string; code: string }>
  files: ReadonlyMap<string | null | undefined, Row>
}

/** What ngshare holds. It has one organisation, and keeps neither who released nor when: `by`, and the time of the files. */
export async function ngshareHoldings(
  tables: NgshareTables,
  from: { storage: string; orgId: number; by: string },
): Promise<Holdings> {
  const gathering = new Gathering(from.orgId)
  const courses = new Map(tables.courses.map((row) => [row._id, row.id ?? '']))
  const assignments = new Map(
    tables.assignments.map((row) => [
      row._id,
      { course: courses.get(row.course_id) ?? '', code: row.id ?? '' },
    ]),
  )
  const files = new Map(tables.files.map((row) => [row._id, row]))
  const reading: Reading = { ...from, tables, gathering, courses, assignments, files }
  readPeople(reading)
  for (const row of tables.assignments) await readAssignment(row, reading)
  const work = linksIn(tables.submission_files_assoc_table)
  const feedback = linksIn(tables.feedback_files_assoc_table)
  for (const row of tables.submissions) {
    await readSubmission(row, { work: work(row), feedback: feedback(row) }, reading)
  }
  return gathering.holdings()
}

/** The links of a thing to its files. */
function linksIn(table: readonly Row[]): (of: Row) => readonly Row[] {
  const links = Map.groupBy(table, (row) => row.left_id)
  return (of) => links.get(of._id) ?? []
}

function readPeople({ by, gathering, tables }: Reading): void {
  for (const row of tables.users) gathering.user(row.id ?? '')
  gathering.user(by)
  for (const row of tables.courses) gathering.course(row.id ?? '')
  for (const row of tables.instructor_assoc_table) readMember(row, 'Instructor', gathering)
  for (const row of tables.student_assoc_table) readMember(row, 'Student', gathering)
}

function readMember(row: Row, role: 'Instructor' | 'Student', gathering: Gathering): void {
  const name = row.left_id ?? ''
  const fullName = [row.first_name, row.last_name].filter(Boolean).join(' ')
  gathering.user(name, { fullName, email: row.email ?? null })
  gathering.member(row.right_id ?? '', name, role)
}

async function readAssignment(row: Row, reading: Reading): Promise<void> {
  const { by, gathering, orgId, tables } = reading
  const found = reading.assignments.get(row._id)
  if (!found?.course) {
    gathering.skip(`assignments ${row._id}`, 'its course is not there')
    return
  }
  const { code, course } = found
  gathering.assignment(course, code, true)
  const ids = tables.assignment_files_assoc_table.filter(({ left_id }) => left_id === row._id)
  const archive = membersOf(ids, reading)
  const at = await newestOf(archive)
  if (at === null) {
    gathering.skip(`assignments ${row._id}`, 'it has no files')
    return
  }
  const origin = `assignments ${row._id}\n${ids.map(({ right_id }) => right_id).join(' ')}`
  const notebooks = notebooksIn(archive)
  gathering.file({
    origin,
    kind: 'released',
    orgId,
    course,
    assignment: code,
    by,
    at,
    bytes: { archive },
    notebooks,
  })
}

async function readSubmission(
  row: Row,
  links: { work: readonly Row[]; feedback: readonly Row[] },
  reading: Reading,
): Promise<void> {
  const { by, gathering, orgId } = reading
  const name = `submissions ${row._id}`
  const found = reading.assignments.get(row.assignment_id)
  if (!found?.course || !row.student_id || !row.timestamp) {
    gathering.skip(name, 'its assignment, student or time is not there')
    return
  }
  const statedAt = parseTimestamp(row.timestamp.replace(/\+00(:00)?$/, ' UTC'))
  const label = formatTimestamp(statedAt)
  const of = { orgId, course: found.course, assignment: found.code, label, statedAt }
  const archive = membersOf(links.work, reading)
  const origin = `${name}\n${row.timestamp}`
  const notebooks = notebooksIn(archive)
  gathering.file({
    origin,
    kind: 'submitted',
    ...of,
    by: row.student_id,
    at: statedAt,
    bytes: { archive },
    notebooks,
  })
  for (const { name: filename, path } of membersOf(links.feedback, reading)) {
    const [, notebook] = /^([^/]+)\.html$/.exec(filename) ?? []
    if (notebook === undefined) {
      gathering.skip(`${name}, feedback ${filename}`, 'it is no page for one notebook')
      continue
    }
    const at = (await newestOf([{ name: filename, path }])) ?? statedAt
    const given = { ...of, by, at, student: row.student_id, bytes: { path }, notebook, checksum: null }
    gathering.file({ origin: `${name}, feedback ${filename}\n${path}`, kind: 'feedback', ...given })
  }
}

function membersOf(links: readonly Row[], { files, gathering, storage }: Reading): ArchiveMember[] {
  return links.flatMap(({ right_id }) => {
    const row = files.get(right_id)
    const name = row?.filename ?? ''
    const actual = row?.actual_name ?? ''
    if (isInside(name) && isInside(actual)) return [{ name, path: join(storage, actual) }]
    gathering.skip(`files ${right_id}`, row ? 'its path leads elsewhere' : 'it is not there')
    return []
  })
}

function isInside(path: string): boolean {
  return path.split('/').every((segment) => !['', '.', '..'].includes(segment))
}

function notebooksIn(archive: readonly ArchiveMember[]): string[] {
  return archive.flatMap(({ name }) => (/^[^/]+\.ipynb$/.test(name) ? [name.slice(0, -6)] : [])).sort()
}

async function newestOf(members: readonly ArchiveMember[]): Promise<number | null> {
  let newest: number | null = null
  for (const { path } of members) {
    const at = await writtenAt(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return 0
      throw error
    })
    newest = Math.max(newest ?? 0, at)
  }
  return newest
}
