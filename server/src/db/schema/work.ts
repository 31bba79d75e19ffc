import type { Generated } from 'kysely'

export type DateSource = 'gradebook' | 'person'

export interface AssignmentsTable {
  id: Generated<number>
  org_id: number
  course_id: number
  code: string
  /** 1 while students may fetch and submit. */
  active: number
  /** Students list and fetch it from then. */
  available_at: number | null
  /** Who said so: the gradebook, which its next command may renew, or a person, who wins. Null: nobody has said anything. */
  available_source: DateSource | null
  /** Later, beyond the grace, is late. */
  due_at: number | null
  due_source: DateSource | null
  /** Later does not count. */
  closes_at: number | null
  closes_source: DateSource | null
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
  /** What held for the student when it was handed in; the receipt tells that, whatever is granted later. */
  held_due_at: number | null
  held_closes_at: number | null
  held_grace_seconds: number | null
  /** When an instructor took it out of the collection. */
  removed_at: number | null
  /** When its owner took it off the own list. */
  hidden_at: number | null
  /** When its owner let the one in time count instead of this late one. Taking off a list does not do that. */
  set_aside_at: number | null
}

/** What the sender says is in a release or a submission: a claim, since nothing is unpacked here. Goes when the file is purged. */
export interface FileListsTable {
  /** The id of the release or submission. */
  file_id: string
  org_id: number
  kind: 'released' | 'submitted'
  stated_at: number
  /** A JSON array of path, size and SHA-256; at most 1 MB. */
  files: string
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
