import type { Database } from '../../db/database.ts'
import { findNewestFeedback, insertFeedback } from '../../db/feedback.ts'
import { freePosition } from '../../db/positions.ts'
import { findRelease, insertRelease } from '../../db/releases.ts'
import { findSubmissionAt, insertSubmission } from '../../db/submissions.ts'
import type { Stored } from '../../storage/file-store.ts'
import type { SourceFeedback, SourceFile, SourceRelease, SourceSubmission } from './records.ts'

/** The row that a file will get. */
export interface FileRow {
  id: string
  assignmentId: number
  /** Who released it or handed it in. */
  by: number
  /** Whose work it is. */
  student: number
}

interface New<F extends SourceFile> {
  file: F
  row: FileRow
  stored: Stored
}

/** What is here already says otherwise. */
export class Contradiction {
  readonly how: string

  constructor(how: string) {
    this.how = how
  }
}

/** Answers the id of the row that holds these bytes: the new one, or one that was there; or what it contradicts. */
export function insertFile(transaction: Database, of: New<SourceFile>): Promise<string | Contradiction> {
  const { file, row, stored } = of
  switch (file.kind) {
    case 'released':
      return insertReleased(transaction, { file, row, stored })
    case 'submitted':
      return insertSubmitted(transaction, { file, row, stored })
    case 'feedback':
      return insertGiven(transaction, { file, row, stored })
  }
}

async function insertReleased(transaction: Database, { file, row, stored }: New<SourceRelease>) {
  const of = { orgId: file.orgId, assignmentId: row.assignmentId }
  const newest = await findRelease(transaction, { ...of, version: null })
  if (newest && Number(newest.released_at) > file.at) {
    return new Contradiction('a later release of its assignment is here already')
  }
  await insertRelease(transaction, {
    id: row.id,
    org_id: file.orgId,
    assignment_id: row.assignmentId,
    version: (newest?.version ?? 0) + 1,
    released_by: row.by,
    released_at: file.at,
    ...stored,
    notebooks: JSON.stringify(file.notebooks),
    idempotency_key: null,
  })
  return row.id
}

async function insertSubmitted(transaction: Database, { file, row, stored }: New<SourceSubmission>) {
  const of = { orgId: file.orgId, assignmentId: row.assignmentId, userId: row.student }
  const other = await findSubmissionAt(transaction, { ...of, statedAt: file.statedAt })
  if (other) {
    if (other.sha256 === stored.sha256) return other.id
    return new Contradiction(`there is another submission with the time ${file.label} and other content`)
  }
  await insertSubmission(transaction, {
    id: row.id,
    org_id: file.orgId,
    assignment_id: row.assignmentId,
    user_id: row.student,
    submitted_by: row.by,
    timestamp: file.label,
    stated_at: file.statedAt,
    received_at: file.at,
    effective_at: file.statedAt,
    position: await freePosition(transaction, of, file.statedAt),
    ...stored,
    notebooks: JSON.stringify(file.notebooks),
    idempotency_key: null,
    removed_at: null,
    hidden_at: null,
  })
  return row.id
}

async function insertGiven(transaction: Database, { file, row, stored }: New<SourceFeedback>) {
  const newest = await findNewestFeedback(transaction, {
    orgId: file.orgId,
    assignmentId: row.assignmentId,
    userId: row.student,
    statedAt: file.statedAt,
    notebook: file.notebook,
  })
  await insertFeedback(transaction, {
    id: row.id,
    org_id: file.orgId,
    assignment_id: row.assignmentId,
    user_id: row.student,
    timestamp: file.label,
    stated_at: file.statedAt,
    notebook: file.notebook,
    version: (newest?.version ?? 0) + 1,
    released_by: row.by,
    released_at: file.at,
    ...stored,
    checksum: file.checksum,
  })
  return row.id
}
