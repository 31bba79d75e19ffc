import { recordActions } from '../db/actions.ts'
import { findAssignment, setActive } from '../db/assignments.ts'
import { transact } from '../db/database.ts'
import * as rows from '../db/releases.ts'
import { ExchangeError } from '../errors.ts'
import type { Stored } from '../storage/file-store.ts'
import type { Exchange } from './exchange.ts'
import { keepOrRemove, type OpenableFile, openable } from './files.ts'
import { fileKey } from './keys.ts'
import { ensureAssignment, requireAssignment } from './lookup.ts'
import { type Member, requireInstructor } from './members.ts'
import { checkCode, checkNotebooks } from './names.ts'
import type { Upload } from './upload.ts'

/** Version n of an assignment's files; never changed once it is there. */
export interface Release extends Stored {
  id: string
  version: number
  releasedAt: number
  releasedBy: string
  notebooks: string[]
}

export function toRelease(row: rows.ReleaseRow): Release {
  return {
    id: row.id,
    version: row.version,
    releasedAt: Number(row.released_at),
    releasedBy: row.releaser,
    size: Number(row.size),
    sha256: row.sha256,
    notebooks: JSON.parse(row.notebooks) as string[],
  }
}

export interface NewRelease {
  assignmentCode: string
  upload: Upload
  /** Read after the upload has ended: a form may name them behind the file. */
  notebooks: () => readonly string[]
  /** Release again although it is released: otherwise that is `conflict`. */
  force: boolean
  /** Makes a retry after a lost answer safe: the same key by the same person gives the first release back. */
  idempotencyKey?: string | undefined
}

/**
 * Stores a new version and opens the assignment to the students; earlier versions, submissions and feedback
 * stay. Answers whether it was made now or is the answer to a retry.
 */
export async function release(
  exchange: Exchange,
  member: Member,
  wanted: NewRelease,
): Promise<{ release: Release; created: boolean }> {
  requireInstructor(member)
  checkCode('assignment', wanted.assignmentCode)
  await refuseSecondRelease(exchange, member, wanted)
  const id = exchange.uuid()
  const key = fileKey({ orgId: member.orgId, kind: 'released', id })
  const stored = await exchange.files.put(key, wanted.upload.source, wanted.upload)
  return keepOrRemove(exchange, key, async () => {
    const notebooks = JSON.stringify(checkNotebooks(wanted.notebooks()))
    return recordRelease(exchange, member, { ...wanted, id, stored, notebooks })
  })
}

/** Before the body is read; asked again inside the transaction, where two releases cannot cross. */
async function refuseSecondRelease(exchange: Exchange, member: Member, wanted: NewRelease): Promise<void> {
  if (wanted.force || wanted.idempotencyKey !== undefined) return
  const { orgId, courseId } = member
  const row = await findAssignment(exchange.database, { orgId, courseId, code: wanted.assignmentCode })
  if (row?.active) throw alreadyReleased(member, wanted.assignmentCode)
}

function alreadyReleased(member: Member, code: string): ExchangeError {
  return new ExchangeError('already_released', { course: member.courseCode, assignment: code })
}

interface RecordedRelease extends Omit<NewRelease, 'notebooks'> {
  id: string
  stored: Stored
  notebooks: string
}

async function recordRelease(exchange: Exchange, member: Member, wanted: RecordedRelease) {
  const at = exchange.now()
  const { orgId, courseId, userId } = member
  return transact(exchange.database, async (transaction) => {
    const earlier = await findRetried(transaction, member, wanted)
    if (earlier) return { kept: false, value: { release: toRelease(earlier), created: false } }
    const assignment = await ensureAssignment(transaction, member, { code: wanted.assignmentCode, at })
    if (assignment.active && !wanted.force) throw alreadyReleased(member, wanted.assignmentCode)
    const of = { orgId, assignmentId: assignment.id }
    const newest = await rows.findRelease(transaction, { ...of, version: null })
    const version = (newest?.version ?? 0) + 1
    await rows.insertRelease(transaction, {
      id: wanted.id,
      org_id: orgId,
      assignment_id: assignment.id,
      version,
      released_by: userId,
      released_at: at,
      size: wanted.stored.size,
      sha256: wanted.stored.sha256,
      notebooks: wanted.notebooks,
      idempotency_key: wanted.idempotencyKey ?? null,
    })
    await setActive(transaction, assignment.id, 1)
    await recordActions(transaction, [
      {
        org_id: orgId,
        course_id: courseId,
        assignment_id: assignment.id,
        user_id: userId,
        action: 'released',
        at,
        release_id: wanted.id,
      },
    ])
    const row = await rows.findRelease(transaction, { ...of, version })
    if (!row) throw new Error('a release that was just made is not there')
    return { kept: true, value: { release: toRelease(row), created: true } }
  })
}

async function findRetried(
  database: Exchange['database'],
  member: Member,
  wanted: RecordedRelease,
): Promise<rows.ReleaseRow | undefined> {
  if (wanted.idempotencyKey === undefined) return undefined
  const key = { orgId: member.orgId, releasedBy: member.userId, idempotencyKey: wanted.idempotencyKey }
  const earlier = await rows.findReleaseByKey(database, key)
  if (!earlier) return undefined
  const { courseId, orgId } = member
  const assignment = await findAssignment(database, { orgId, courseId, code: wanted.assignmentCode })
  if (earlier.sha256 === wanted.stored.sha256 && earlier.assignment_id === assignment?.id) return earlier
  throw new ExchangeError('key_reused')
}

/** All versions for an instructor, the newest for a student while it is released; newest first. */
export async function listReleases(exchange: Exchange, member: Member, code: string): Promise<Release[]> {
  const assignment = await requireAssignment(exchange.database, member, code)
  const of = { orgId: member.orgId, assignmentId: assignment.id }
  const found = await rows.listReleases(exchange.database, of)
  if (member.isInstructor) return found.map(toRelease)
  return assignment.active ? found.slice(0, 1).map(toRelease) : []
}

/**
 * The files of one version (null: the newest). Throws `not_found` for an assignment that is unknown or, for a
 * student, not released now; students read the newest version only. Opening records `fetched`.
 */
export async function fetchAssignment(
  exchange: Exchange,
  member: Member,
  wanted: { assignmentCode: string; version: number | null },
): Promise<OpenableFile & { release: Release }> {
  const { orgId } = member
  const assignment = await requireAssignment(exchange.database, member, wanted.assignmentCode)
  const newest = await rows.findRelease(exchange.database, {
    orgId,
    assignmentId: assignment.id,
    version: member.isInstructor ? wanted.version : null,
  })
  const visible =
    member.isInstructor || (assignment.active && [null, newest?.version].includes(wanted.version))
  if (!newest || !visible) {
    const of = { course: member.courseCode, assignment: wanted.assignmentCode }
    const { version } = wanted
    throw version === null
      ? new ExchangeError('not_released', of)
      : new ExchangeError('no_release', { ...of, version })
  }
  const stored = { size: Number(newest.size), sha256: newest.sha256 }
  const file = openable(exchange, { orgId, kind: 'released', id: newest.id, stored }, () =>
    record(exchange, member, { assignmentId: assignment.id, releaseId: newest.id }),
  )
  return { ...file, release: toRelease(newest) }
}

async function record(
  exchange: Exchange,
  member: Member,
  fetched: { assignmentId: number; releaseId: string },
): Promise<void> {
  await transact(exchange.database, (transaction) =>
    recordActions(transaction, [
      {
        org_id: member.orgId,
        course_id: member.courseId,
        assignment_id: fetched.assignmentId,
        user_id: member.userId,
        action: 'fetched',
        at: exchange.now(),
        release_id: fetched.releaseId,
      },
    ]),
  )
}
