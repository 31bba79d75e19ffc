import type { Generated } from 'kysely'

export interface AssignmentsTable {
  id: Generated<number>
  org_id: number
  course_id: number
  code: string
  /** 1 while students may fetch and submit. */
  active: number
  /** 0 while alive; when it was purged otherwise, which frees the code for a new assignment. */
  purged_at: number
  created_at: number
}

export interface ReleasesTable {
  /** UUID; also the name of the file. */
  id: string
  org_id: number
  assignment_id: number
  version: number
  released_by: number
  released_at: number
  size: number
  sha256: string
  notebooks: string
  idempotency_key: string | null
}

export interface SubmissionsTable {
  /** UUID; also the name of the file. */
  id: string
  org_id: number
  assignment_id: number
  user_id: number
  submitted_by: number
  /** The label that ties feedback to the submission, byte for byte as it was made. */
  timestamp: string
  /** The instant that `timestamp` names. */
  stated_at: number
  /** The server's clock when the request began; on import, when the source says that it came. */
  received_at: number
  /** Late goes by this: `received_at`, or the time that was stated on behalf or on import. */
  effective_at: number
  /**
   * Newest goes by this: the place among this student's submissions for the assignment. Looks like a time and is none,
   * because it grows also where a clock was set back.
   */
  position: number
  size: number
  sha256: string
  notebooks: string
  idempotency_key: string | null
  /** When an instructor took it out of the collection. */
  removed_at: number | null
  /** When its owner took it off the own list. */
  hidden_at: number | null
}

export interface FeedbackTable {
  /** UUID; also the name of the file. */
  id: string
  org_id: number
  assignment_id: number
  user_id: number
  timestamp: string
  stated_at: number
  notebook: string
  version: number
  released_by: number
  released_at: number
  size: number
  sha256: string
  /** What a legacy client sent as checksum, given back as it came. */
  checksum: string | null
}
