import { recordActions } from '../db/actions.ts'
import { type Database, transact } from '../db/database.ts'
import { isKnownInCourse, upsertMember } from '../db/members.ts'
import type { OfStudent } from '../db/positions.ts'
import * as rows from '../db/submissions.ts'
import { findUser, type UserRow, upsertUser } from '../db/users.ts'
import { ExchangeError } from '../errors.ts'
import type { Stored } from '../storage/file-store.ts'
import type { Exchange } from './exchange.ts'
import { keepOrRemove } from './files.ts'
import { fileKey } from './keys.ts'
import { requireAssignment } from './lookup.ts'
import { type Member, requireInstructor } from './members.ts'
import { checkNotebooks, checkUserName } from './names.ts'
import { type Receipt, toReceipt } from './receipts.ts'
import { parseStatedTime, timesOf } from './submission-times.ts'
import { parseTimestamp } from './timestamps.ts'
import type { Upload } from './upload.ts'

export interface NewSubmission {
  assignmentCode: string
  upload: Upload
  /** When the request began: microseconds since 1970 UTC. */
  receivedAt: number
  /** What the client says is in it; read after the upload has ended. */
  notebooks: () => readonly string[]
  /** The label that a legacy client made, kept to the byte; the server makes one otherwise. */
  timestamp?: string | undefined
  /** Only for instructors: whose work it is, and when it was handed in. */
  onBehalf?: { student: string; timestamp: string | null } | undefined
  idempotencyKey?: string | undefined
}

/**
 * Stores one hand-in. The answer is given only when bytes and row are durable. The same student, assignment
 * and timestamp (or the same idempotency key) with the same bytes gives the first receipt again; with other
 * bytes it is `conflict`. Throws `not_found` where the assignment is not released.
 */
export async function submit(
  exchange: Exchange,
  member: Member,
  wanted: NewSubmission,
): Promise<{ receipt: Receipt; created: boolean }> {
  if (wanted.onBehalf) {
    requireInstructor(member)
    checkUserName(wanted.onBehalf.student)
  }
  const stated = statedTime(wanted, exchange.now())
  await requireReleased(exchange, member, wanted.assignmentCode)
  const id = exchange.uuid()
  const key = fileKey({ orgId: member.orgId, kind: 'submitted', id })
  const stored = await exchange.files.put(key, wanted.upload.source, wanted.upload)
  const result = await keepOrRemove(exchange, key, async () => {
    const notebooks = checkNotebooks(wanted.notebooks())
    return transact(exchange.database, (transaction) =>
      record(exchange, transaction, { ...wanted, member, id, stored, stated, names: notebooks }),
    )
  })
  if (result.created) exchange.metrics.submissions.inc()
  return result
}

/** The label that came with it, and the instant that it names. */
function statedTime({ onBehalf, timestamp }: NewSubmission, now: number) {
  if (onBehalf?.timestamp != null) {
    return { label: onBehalf.timestamp, at: parseStatedTime(onBehalf.timestamp, now) }
  }
  return timestamp === undefined ? null : { label: timestamp, at: parseTimestamp(timestamp) }
}

/** Throws `not_found` unless students may hand in for the assignment now. */
export async function requireReleased(exchange: Exchange, member: Member, code: string): Promise<void> {
  const assignment = await requireAssignment(exchange.database, member, code)
  if (assignment.active) return
  throw new ExchangeError('not_released', { course: member.courseCode, assignment: code })
}

interface Recorded extends NewSubmission {
  member: Member
  id: string
  stored: Stored
  stated: { label: string; at: number } | null
  names: readonly string[]
}

async function record(exchange: Exchange, transaction: Database, wanted: Recorded) {
  const { member, receivedAt, stored } = wanted
  const { orgId } = member
  const assignment = await requireAssignment(transaction, member, wanted.assignmentCode)
  const owner = await ownerOf(transaction, wanted)
  const of = { orgId, assignmentId: assignment.id, userId: owner.id }
  const earlier = await findEarlier(transaction, wanted, of)
  if (earlier) return { kept: false, value: { receipt: toReceipt(earlier), created: false } }
  const times = await timesOf(transaction, of, {
    receivedAt,
    stated: wanted.stated,
    countsFromStated: wanted.onBehalf?.timestamp != null,
  })
  await rows.insertSubmission(transaction, {
    id: wanted.id,
    org_id: orgId,
    assignment_id: assignment.id,
    user_id: owner.id,
    submitted_by: member.userId,
    ...times,
    size: stored.size,
    sha256: stored.sha256,
    notebooks: JSON.stringify(wanted.names),
    idempotency_key: wanted.idempotencyKey ?? null,
    removed_at: null,
    hidden_at: null,
  })
  await recordActions(transaction, [
    {
      org_id: orgId,
      course_id: member.courseId,
      assignment_id: assignment.id,
      user_id: member.userId,
      student_id: owner.id,
      action: 'submitted',
      at: exchange.now(),
      submission_id: wanted.id,
    },
  ])
  const row = await rows.findSubmission(transaction, { orgId, courseId: member.courseId, id: wanted.id })
  if (!row) throw new Error('a submission that was just made is not there')
  return { kept: true, value: { receipt: toReceipt(row), created: true } }
}

/** Whose work it is. A student named by an instructor is enrolled where the course has not seen them yet. */
async function ownerOf(transaction: Database, wanted: Recorded): Promise<Pick<UserRow, 'id'>> {
  const { member, onBehalf, receivedAt: at } = wanted
  if (!onBehalf) return { id: member.userId }
  const { orgId, courseId } = member
  const known = await findUser(transaction, orgId, onBehalf.student)
  const blank = { orgId, name: onBehalf.student, fullName: null, email: null, lmsUserId: null, at }
  const user = known ?? (await upsertUser(transaction, blank))
  const key = { orgId, courseId, userId: user.id }
  if (!(await isKnownInCourse(transaction, key)))
    await upsertMember(transaction, { ...key, role: 'Student', at })
  return user
}

async function findEarlier(transaction: Database, wanted: Recorded, of: OfStudent) {
  const { idempotencyKey, member, stated, stored } = wanted
  const key = { orgId: of.orgId, submittedBy: member.userId, idempotencyKey: idempotencyKey ?? '' }
  const byKey = idempotencyKey === undefined ? undefined : await rows.findSubmissionByKey(transaction, key)
  const byTime = stated && (await rows.findSubmissionAt(transaction, { ...of, statedAt: stated.at }))
  const earlier = byKey ?? byTime ?? undefined
  if (!earlier) return undefined
  const sameThing = earlier.user_id === of.userId && earlier.assignment_id === of.assignmentId
  if (sameThing && earlier.gone === 0 && earlier.sha256 === stored.sha256) return earlier
  const { assignment, timestamp } = earlier
  throw byKey
    ? new ExchangeError('key_reused')
    : new ExchangeError('timestamp_taken', { assignment, timestamp })
}
