import { recordActions } from '../db/actions.ts'
import { type Database, transact } from '../db/database.ts'
import * as rows from '../db/submissions.ts'
import { ExchangeError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import { type OpenableFile, openable } from './files.ts'
import { type Member, requireInstructor } from './members.ts'
import { type Receipt, type Submission, toReceipt, toSubmission } from './receipts.ts'

export interface SubmissionsWanted {
  assignmentCode?: string | undefined
  student?: string | undefined
  before?: number | undefined
  latest?: boolean | undefined
  /** `next` of the page before. */
  cursor?: string | undefined
  /** How many at the most; default: all. */
  limit?: number | undefined
}

export interface Page<T> {
  items: T[]
  /** Where the next page begins; null at the end. */
  next: string | null
}

/** What the students of these courses handed in; the members must all be instructors. */
export async function listSubmissions(
  exchange: Exchange,
  members: readonly Member[],
  wanted: SubmissionsWanted,
): Promise<Page<Submission>> {
  const { cursor, limit, ...filter } = wanted
  const found = await rows.listSubmissions(exchange.database, {
    ...filter,
    ...scope(members.map(requireInstructor)),
    ...pageOf(cursor, limit),
  })
  return page(found, limit, toSubmission)
}

/** What this person handed in, in these courses; also for unreleased assignments, also what a teacher removed. */
export async function listOwnSubmissions(
  exchange: Exchange,
  members: readonly Member[],
  wanted: Pick<SubmissionsWanted, 'assignmentCode' | 'cursor' | 'limit'>,
): Promise<Page<Receipt>> {
  const { cursor, limit, ...filter } = wanted
  const [first] = members
  const found = await rows.listOwnSubmissions(exchange.database, {
    ...filter,
    ...scope(members),
    ...pageOf(cursor, limit),
    userId: first?.userId ?? -1,
  })
  return page(found, limit, toReceipt)
}

function scope(members: readonly Member[]) {
  return { orgId: members[0]?.orgId ?? -1, courseIds: members.map((member) => member.courseId) }
}

function pageOf(cursor: string | undefined, limit: number | undefined) {
  return { after: cursor === undefined ? undefined : decodeCursor(cursor), limit: limit ?? 2 ** 31 - 1 }
}

function page<T>(found: rows.SubmissionRow[], limit: number | undefined, to: (row: rows.SubmissionRow) => T) {
  const last = found.length === limit ? found.at(-1) : undefined
  return { items: found.map(to), next: last ? encodeCursor(last) : null }
}

function encodeCursor(row: rows.SubmissionRow): string {
  const cursor: rows.SubmissionCursor = [row.course_id, row.assignment, row.student, Number(row.position)]
  return Buffer.from(JSON.stringify(cursor)).toString('base64url')
}

function decodeCursor(text: string): rows.SubmissionCursor {
  const kinds = ['number', 'string', 'string', 'number']
  try {
    const cursor = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    if (cursor.length === kinds.length && kinds.every((kind, index) => kind === typeof cursor[index])) {
      return cursor as unknown as rows.SubmissionCursor
    }
  } catch (cause) {
    throw new ExchangeError('cursor_unknown', {}, { cause })
  }
  throw new ExchangeError('cursor_unknown')
}

/** One submission: the owner's own, or any of the course for its instructors. Throws `not_found` otherwise. */
export async function getSubmission(
  exchange: Exchange,
  member: Member,
  wanted: { assignmentCode: string; id: string },
): Promise<Receipt> {
  return toReceipt(await visible(exchange, member, wanted))
}

async function visible(
  exchange: Exchange,
  member: Member,
  wanted: { assignmentCode: string; id: string },
): Promise<rows.SubmissionRow> {
  const { orgId, courseId } = member
  const row = await rows.findSubmission(exchange.database, { orgId, courseId, id: wanted.id })
  const own = row?.user_id === member.userId
  const taught = member.isInstructor && row?.removed_at === null
  if (row && row.assignment === wanted.assignmentCode && (own || taught)) return row
  throw noSubmission(member, wanted.assignmentCode)
}

function noSubmission(member: Member, code: string): ExchangeError {
  return new ExchangeError('no_submission', { course: member.courseCode, assignment: code })
}

/** The bytes as they were handed in. When an instructor opens them, that is recorded as `collected`. */
export async function collect(
  exchange: Exchange,
  member: Member,
  wanted: { assignmentCode: string; id: string },
): Promise<OpenableFile> {
  const row = await visible(exchange, member, wanted)
  const stored = { size: Number(row.size), sha256: row.sha256 }
  return openable(exchange, { orgId: member.orgId, kind: 'submitted', id: row.id, stored }, async () => {
    if (!member.isInstructor) return
    const done = { row, action: 'collected', at: exchange.now() } as const
    await transact(exchange.database, (transaction) => record(transaction, member, done))
  })
}

async function record(
  transaction: Database,
  member: Member,
  { action, at, row }: { row: rows.SubmissionRow; action: 'collected' | 'removed'; at: number },
): Promise<void> {
  await recordActions(transaction, [
    {
      org_id: member.orgId,
      course_id: member.courseId,
      assignment_id: row.assignment_id,
      user_id: member.userId,
      student_id: row.user_id,
      action,
      at,
      submission_id: row.id,
    },
  ])
}

/** Takes a submission out of the collection. Nothing is deleted; the student still has it. */
export async function removeSubmission(
  exchange: Exchange,
  member: Member,
  wanted: { assignmentCode: string; id: string },
): Promise<void> {
  const { orgId, courseId } = requireInstructor(member)
  await transact(exchange.database, async (transaction) => {
    const at = exchange.now()
    const row = await rows.findSubmission(transaction, { orgId, courseId, id: wanted.id })
    if (!row || row.assignment !== wanted.assignmentCode) throw noSubmission(member, wanted.assignmentCode)
    const removed = await rows.setRemoved(transaction, row.id, at)
    if (removed) await record(transaction, member, { row, action: 'removed', at })
  })
}

/** Takes a submission off its owner's list; instructors keep it. Throws `not_found` for anybody else's. */
export async function hideSubmission(
  exchange: Exchange,
  members: readonly Member[],
  id: string,
): Promise<void> {
  await transact(exchange.database, async (transaction) => {
    for (const { orgId, courseId, userId } of members) {
      const row = await rows.findSubmission(transaction, { orgId, courseId, id })
      if (row?.user_id === userId) return rows.setHidden(transaction, id, exchange.now())
    }
    throw new ExchangeError('not_your_submission')
  })
}
