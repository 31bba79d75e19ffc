import type { OldRow, OldTables } from './nbexchange-rows.ts'
import type { Holdings, Skipped, SourceAssignment, SourceUser } from './records.ts'

export interface OldAssignment {
  orgId: number
  course: string
  assignment: string
}

/** The old tables by their numbers. */
export interface Known {
  users: ReadonlyMap<string, SourceUser>
  assignments: ReadonlyMap<string, OldAssignment>
  notebooks: ReadonlyMap<string, { name: string; assignmentId: string }>
  /** The old service kept one list of notebooks for an assignment, not one for each release. */
  notebooksOf(assignment: OldAssignment): string[]
  holdings: Pick<Holdings, 'users' | 'courses' | 'members' | 'assignments'>
  skipped: readonly Skipped[]
}

export function indexOf(tables: OldTables): Known {
  const skipped: Skipped[] = []
  const users = new Map(tables.user.map((row) => [id(row), userOf(row)]))
  const courses = new Map(
    tables.course.map((row) => [
      id(row),
      { orgId: Number(row.org_id), code: row.course_code ?? '', title: row.course_title ?? null },
    ]),
  )
  const assignments = new Map<string, OldAssignment>()
  const released = new Map<string, SourceAssignment>()
  for (const row of tables.assignment) {
    const course = courses.get(row.course_id ?? '')
    if (!course) {
      skipped.push({ origin: `assignment ${row.id}`, reason: `its course ${row.course_id} is not there` })
      continue
    }
    const code = row.assignment_code ?? ''
    assignments.set(id(row), { orgId: course.orgId, course: course.code, assignment: code })
    // The old service could keep an unreleased and a released row of one assignment: here they are one.
    const key = keyOf({ orgId: course.orgId, course: course.code, assignment: code })
    const isReleased = truth(row.active) || released.get(key)?.released === true
    released.set(key, { orgId: course.orgId, course: course.code, code, released: isReleased })
  }
  const members = tables.subscription.flatMap((row) => {
    const user = users.get(row.user_id ?? '')
    const course = courses.get(row.course_id ?? '')
    const origin = `subscription ${row.id}`
    if (user && course && user.orgId === course.orgId) {
      return [{ origin, orgId: user.orgId, course: course.code, user: user.name, role: row.role ?? '' }]
    }
    const reason =
      user && course ? 'its user and its course are of two organisations' : 'its user or course is not there'
    skipped.push({ origin, reason })
    return []
  })
  const notebooks = new Map(
    tables.notebook.map((row) => [id(row), { name: row.name ?? '', assignmentId: row.assignment_id ?? '' }]),
  )
  const holdings = {
    users: [...users.values()],
    courses: [...courses.values()],
    members,
    assignments: [...released.values()],
  }
  const notebooksOf = namesByAssignment(notebooks, assignments)
  return { users, assignments, notebooks, notebooksOf, holdings, skipped }
}

/** The names of each assignment's notebooks. */
function namesByAssignment(notebooks: Known['notebooks'], assignments: Known['assignments']) {
  const names = new Map<string, Set<string>>()
  for (const { assignmentId, name } of notebooks.values()) {
    const assignment = assignments.get(assignmentId)
    if (!assignment) continue
    const key = keyOf(assignment)
    names.set(key, (names.get(key) ?? new Set()).add(name))
  }
  return (of: OldAssignment) => [...(names.get(keyOf(of)) ?? [])].sort()
}

function keyOf({ assignment, course, orgId }: OldAssignment): string {
  return JSON.stringify([orgId, course, assignment])
}

function userOf(row: OldRow): SourceUser {
  return {
    orgId: Number(row.org_id),
    name: row.name ?? '',
    fullName: row.full_name ?? null,
    email: row.email ?? null,
    lmsUserId: row.lms_user_id ?? null,
  }
}

function id(row: OldRow): string {
  return row.id ?? ''
}

function truth(text: string | null | undefined): boolean {
  return text === '1' || text === 'true' || text === 't'
}
