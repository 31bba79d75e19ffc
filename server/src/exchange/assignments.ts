import { listFetchTimes, recordActions } from '../db/actions.ts'
import * as rows from '../db/assignments.ts'
import { transact } from '../db/database.ts'
import { listNewestReleases } from '../db/releases.ts'
import type { Action } from '../db/schema/log.ts'
import { listSubmittedAssignments } from '../db/submissions.ts'
import type { Exchange } from './exchange.ts'
import { noAssignment, requireAssignment } from './lookup.ts'
import { type Member, requireInstructor } from './members.ts'
import { type Release, toRelease } from './releases.ts'

/** An assignment as one member sees it. Times are microseconds since 1970 UTC. */
export interface Assignment {
  id: number
  courseId: number
  courseCode: string
  code: string
  released: boolean
  /** When this member last fetched it. */
  fetchedAt: number | null
  /** The newest release. */
  release: Release
}

/**
 * The assignments of these courses by course and code: for who teaches a course all of them, for a student
 * those released now and those for which the student has handed something in.
 */
export async function listAssignments(
  exchange: Exchange,
  members: readonly Member[],
  filter: { assignmentCode?: string | undefined } = {},
): Promise<Assignment[]> {
  const [first] = members
  if (!first) return []
  const { orgId, userId } = first
  const courseIds = members.map((member) => member.courseId)
  const { database } = exchange
  const [assignments, releases, fetched, submitted] = await Promise.all([
    rows.listAssignments(database, { orgId, courseIds, code: filter.assignmentCode }),
    listNewestReleases(database, { orgId, courseIds }),
    listFetchTimes(database, { orgId, userId, courseIds }),
    listSubmittedAssignments(database, { orgId, userId }),
  ])
  const courses = new Map(members.map((member) => [member.courseId, member]))
  const newest = new Map(releases.map((release) => [release.assignment_id, release]))
  const own = new Set(submitted)
  const visible = assignments.flatMap((row) => {
    const member = courses.get(row.course_id)
    const release = newest.get(row.id)
    if (!member || !release || !(row.active || member.isInstructor || own.has(row.id))) return []
    return {
      id: row.id,
      courseId: member.courseId,
      courseCode: member.courseCode,
      code: row.code,
      released: row.active === 1,
      fetchedAt: fetched.get(row.id) ?? null,
      release: toRelease(release),
    }
  })
  // The rows come by code within each course.
  return visible.sort((a, b) => (a.courseCode < b.courseCode ? -1 : a.courseCode > b.courseCode ? 1 : 0))
}

/** One assignment as the member sees it. Throws `not_found`. */
export async function getAssignment(exchange: Exchange, member: Member, code: string): Promise<Assignment> {
  const [assignment] = await listAssignments(exchange, [member], { assignmentCode: code })
  if (assignment) return assignment
  throw noAssignment(member, code)
}

/** Takes the assignment from the students; releases, submissions and feedback stay. */
export async function unrelease(exchange: Exchange, member: Member, code: string): Promise<void> {
  await change(exchange, member, { code, action: 'removed' })
}

/** Gives an unreleased assignment back to the students. */
export async function restore(exchange: Exchange, member: Member, code: string): Promise<void> {
  await change(exchange, member, { code, action: 'restored' })
}

/**
 * Ends the assignment with everything in it: nobody sees its releases, submissions or feedback any more, and
 * the code is free for a new assignment. The files stay until they are swept.
 */
export async function purge(exchange: Exchange, member: Member, code: string): Promise<void> {
  await change(exchange, member, { code, action: 'purged' })
}

/** Does nothing where the assignment is in that state already, so that a retry is safe. */
async function change(
  exchange: Exchange,
  member: Member,
  wanted: { code: string; action: Extract<Action, 'removed' | 'restored' | 'purged'> },
): Promise<void> {
  requireInstructor(member)
  const { orgId, courseId, userId } = member
  const at = exchange.now()
  await transact(exchange.database, async (transaction) => {
    const row = await requireAssignment(transaction, member, wanted.code)
    const changed =
      wanted.action === 'purged'
        ? await rows.setPurged(transaction, row.id, at)
        : await rows.setActive(transaction, row.id, wanted.action === 'restored' ? 1 : 0)
    if (!changed) return
    await recordActions(transaction, [
      {
        org_id: orgId,
        course_id: courseId,
        assignment_id: row.id,
        user_id: userId,
        action: wanted.action,
        at,
      },
    ])
  })
}
