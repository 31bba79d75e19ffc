import { recordActions } from '../db/actions.ts'
import { type Database, transact } from '../db/database.ts'
import * as rows from '../db/feedback.ts'
import { listReleases } from '../db/releases.ts'
import { findUser } from '../db/users.ts'
import { ExchangeError } from '../errors.ts'
import type { Stored } from '../storage/file-store.ts'
import type { Exchange } from './exchange.ts'
import { keepOrRemove, type OpenableFile, openable } from './files.ts'
import { fileKey } from './keys.ts'
import { knownStudent, noAssignment, requireAssignment } from './lookup.ts'
import { type Member, requireInstructor } from './members.ts'
import { checkNotebook } from './names.ts'
import { formatTimestamp, parseTimestamp } from './timestamps.ts'
import type { Upload } from './upload.ts'

/** The longest feedback file: 50 MiB. */
export const MAX_FEEDBACK_BYTES = 50 * 1024 * 1024

/** The current feedback for one notebook of one submission. */
export interface Feedback extends Stored {
  id: string
  assignmentId: number
  studentId: number
  student: string
  /** The label of the submission that it is about, in our spelling whatever a client sent. */
  timestamp: string
  statedAt: number
  /** Whether there is a submission with that time. */
  matched: boolean
  notebook: string
  version: number
  releasedAt: number
  releasedBy: string
  checksum: string | null
}

function toFeedback(row: rows.FeedbackRow): Feedback {
  return {
    id: row.id,
    assignmentId: row.assignment_id,
    studentId: row.user_id,
    student: row.student,
    timestamp: formatTimestamp(Number(row.stated_at)),
    statedAt: Number(row.stated_at),
    matched: row.matched === 1,
    notebook: row.notebook,
    version: row.version,
    releasedAt: Number(row.released_at),
    releasedBy: row.releaser,
    size: Number(row.size),
    sha256: row.sha256,
    checksum: row.checksum,
  }
}

/** Which feedback is meant: `timestamp` names the submission. */
export interface FeedbackName {
  assignmentCode: string
  student: string
  timestamp: string
  notebook: string
}

export interface NewFeedback extends FeedbackName {
  upload: Upload
  /** A legacy client's own checksum, given back to legacy clients as it came. */
  checksum?: string | undefined
}

/**
 * Stores feedback for a student. The same bytes again change nothing; other bytes become a new version. The
 * submission may be absent. Throws `not_found` for a student never seen in the course.
 */
export async function giveFeedback(
  exchange: Exchange,
  member: Member,
  wanted: NewFeedback,
): Promise<{ feedback: Feedback; created: boolean }> {
  requireInstructor(member)
  const target = await targetOf(exchange.database, member, wanted)
  const id = exchange.uuid()
  const key = fileKey({ orgId: member.orgId, kind: 'feedback', id })
  const expected = { ...wanted.upload, maxBytes: MAX_FEEDBACK_BYTES }
  const stored = await exchange.files.put(key, wanted.upload.source, expected)
  return keepOrRemove<{ feedback: Feedback; created: boolean }>(exchange, key, () =>
    transact(exchange.database, async (transaction) => {
      const assignment = await requireAssignment(transaction, member, wanted.assignmentCode)
      if (assignment.id !== target.assignmentId) throw noAssignment(member, wanted.assignmentCode)
      const newest = await rows.findNewestFeedback(transaction, target)
      if (newest?.sha256 === stored.sha256 && !newest.erased) {
        return { kept: false, value: { feedback: toFeedback(newest), created: false } }
      }
      const version = (newest?.version ?? 0) + 1
      await insert(exchange, transaction, { ...wanted, member, target, id, stored, version })
      const row = await rows.findFeedback(transaction, target)
      if (!row) throw new Error('feedback that was just made is not there')
      return { kept: true, value: { feedback: toFeedback(row), created: true } }
    }),
  )
}

async function targetOf(database: Database, member: Member, name: FeedbackName): Promise<rows.FeedbackKey> {
  const assignment = await requireAssignment(database, member, name.assignmentCode)
  const student = await knownStudent(database, member, name.student)
  return {
    orgId: member.orgId,
    assignmentId: assignment.id,
    userId: student.id,
    statedAt: parseTimestamp(name.timestamp),
    notebook: checkNotebook(name.notebook),
  }
}

interface RecordedFeedback extends NewFeedback {
  member: Member
  target: rows.FeedbackKey
  id: string
  stored: Stored
  version: number
}

async function insert(exchange: Exchange, transaction: Database, wanted: RecordedFeedback): Promise<void> {
  const { member, stored, target } = wanted
  const at = exchange.now()
  await rows.insertFeedback(transaction, {
    id: wanted.id,
    org_id: target.orgId,
    assignment_id: target.assignmentId,
    user_id: target.userId,
    timestamp: wanted.timestamp,
    stated_at: target.statedAt,
    notebook: target.notebook,
    version: wanted.version,
    released_by: member.userId,
    released_at: at,
    size: stored.size,
    sha256: stored.sha256,
    checksum: wanted.checksum ?? null,
  })
  await recordActions(transaction, [
    {
      org_id: target.orgId,
      course_id: member.courseId,
      assignment_id: target.assignmentId,
      user_id: member.userId,
      student_id: target.userId,
      action: 'feedback_released',
      at,
      feedback_id: wanted.id,
    },
  ])
}

/** Throws `not_found` unless some release of the assignment has the notebook. */
export async function requireNotebook(
  exchange: Exchange,
  member: Member,
  wanted: { assignmentCode: string; notebook: string },
): Promise<void> {
  const assignment = await requireAssignment(exchange.database, member, wanted.assignmentCode)
  const of = { orgId: member.orgId, assignmentId: assignment.id }
  const released = await listReleases(exchange.database, of)
  if (released.some((row) => (JSON.parse(row.notebooks) as string[]).includes(wanted.notebook))) return
  throw new ExchangeError('no_notebook', {
    course: member.courseCode,
    assignment: wanted.assignmentCode,
    notebook: wanted.notebook,
  })
}

/**
 * Current feedback for one assignment: a student's own, or for an instructor that of `student` (default:
 * everybody). Throws `forbidden` when a student asks for somebody else's.
 */
export async function listFeedback(
  exchange: Exchange,
  member: Member,
  wanted: { assignmentCode: string; student?: string | undefined },
): Promise<Feedback[]> {
  await requireAssignment(exchange.database, member, wanted.assignmentCode)
  const userId = await whose(exchange, member, wanted.student)
  const found = await rows.listFeedback(exchange.database, {
    orgId: member.orgId,
    courseIds: [member.courseId],
    assignmentCode: wanted.assignmentCode,
    userId,
  })
  return found.map(toFeedback)
}

async function whose(exchange: Exchange, member: Member, student: string | undefined) {
  if (student === member.userName) return member.userId
  if (!member.isInstructor) {
    if (student === undefined) return member.userId
    throw new ExchangeError('not_your_feedback')
  }
  if (student === undefined) return undefined
  return (await findUser(exchange.database, member.orgId, student))?.id ?? -1
}

/** Current feedback in these courses: everybody's, or one user's. */
export async function listFeedbackOf(
  exchange: Exchange,
  members: readonly Member[],
  filter: { assignmentCode?: string | undefined; userId?: number | undefined },
): Promise<Feedback[]> {
  const orgId = members[0]?.orgId ?? -1
  const courseIds = members.map((member) => member.courseId)
  return (await rows.listFeedback(exchange.database, { orgId, courseIds, ...filter })).map(toFeedback)
}

/** One feedback file. Opening it records `feedback_fetched`. Throws `not_found` for what is not there or not theirs. */
export async function fetchFeedback(
  exchange: Exchange,
  member: Member,
  name: FeedbackName,
): Promise<OpenableFile & { feedback: Feedback }> {
  const assignment = await requireAssignment(exchange.database, member, name.assignmentCode)
  const userId = await whose(exchange, member, name.student)
  const row = await rows.findFeedback(exchange.database, {
    orgId: member.orgId,
    assignmentId: assignment.id,
    userId: userId ?? -1,
    statedAt: parseTimestamp(name.timestamp),
    notebook: name.notebook,
  })
  if (!row) {
    const { assignmentCode: assignment, notebook, student, timestamp } = name
    throw new ExchangeError('no_feedback', { assignment, notebook, student, timestamp })
  }
  return { ...openFeedback(exchange, member, toFeedback(row)), feedback: toFeedback(row) }
}

/** The bytes of feedback that the member was found to be allowed to read. */
export function openFeedback(exchange: Exchange, member: Member, feedback: Feedback): OpenableFile {
  const { id, sha256, size } = feedback
  const { orgId } = member
  return openable(exchange, { orgId, kind: 'feedback', id, stored: { size, sha256 } }, () =>
    transact(exchange.database, (transaction) =>
      recordActions(transaction, [
        {
          org_id: orgId,
          course_id: member.courseId,
          assignment_id: feedback.assignmentId,
          user_id: member.userId,
          student_id: feedback.studentId,
          action: 'feedback_fetched',
          at: exchange.now(),
          feedback_id: id,
        },
      ]),
    ),
  )
}

/**
 * The feedback of some submissions of one student and assignment, given all feedback for that work: by the
 * instant that it names. Where none matches any submission (data from before nbexchange 1.5, whose feedback had
 * times of its own), the newest per notebook shows on all of them.
 */
export function matchFeedback<S extends { statedAt: number }>(
  submissions: readonly S[],
  feedback: readonly Feedback[],
): Map<S, Feedback[]> {
  if (feedback.some((one) => one.matched)) {
    return new Map(
      submissions.map((submission) => [
        submission,
        feedback.filter((one) => one.statedAt === submission.statedAt),
      ]),
    )
  }
  const newest = new Map<string, Feedback>()
  for (const one of feedback) {
    const other = newest.get(one.notebook)
    if (!other || one.releasedAt >= other.releasedAt) newest.set(one.notebook, one)
  }
  return new Map(submissions.map((submission) => [submission, [...newest.values()]]))
}
