import type { Generated } from 'kysely'

/**
 * The tables, as in SQL. Every time is microseconds since 1970 UTC; every flag is 0 or 1; `notebooks` is a
 * JSON array of names. The organisation stands in every row and in every foreign key, so that a row of one
 * organisation cannot point into another.
 */
export interface Schema {
  users: UsersTable
  courses: CoursesTable
  members: MembersTable
  assignments: AssignmentsTable
  releases: ReleasesTable
  submissions: SubmissionsTable
  feedback: FeedbackTable
  actions: ActionsTable
  imported: ImportedTable
  quarantine: QuarantineTable
  erasures: ErasuresTable
  chores: ChoresTable
}

export interface UsersTable {
  id: Generated<number>
  org_id: number
  name: string
  full_name: string | null
  email: string | null
  lms_user_id: string | null
  created_at: number
}

export interface CoursesTable {
  id: Generated<number>
  org_id: number
  code: string
  title: string | null
  created_at: number
}

/** Who was last seen in which course with which role. Never the basis of a permission: the sign-in is. */
export interface MembersTable {
  org_id: number
  course_id: number
  user_id: number
  role: string
  asserted_at: number
}

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
  received_at: number
  effective_at: number
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

export const ACTIONS = [
  'released',
  'fetched',
  'submitted',
  'collected',
  'feedback_released',
  'feedback_fetched',
  'removed',
  'restored',
  'purged',
] as const

export type Action = (typeof ACTIONS)[number]

/** Append only: who (`user_id`) did what to what, when, and whose work it was (`student_id`). */
export interface ActionsTable {
  id: Generated<number>
  org_id: number
  course_id: number
  assignment_id: number
  user_id: number
  student_id: number | null
  action: Action
  at: number
  release_id: string | null
  submission_id: string | null
  feedback_id: string | null
}

/** What an import has taken over already, so that it can be run again. */
export interface ImportedTable {
  /** UUID made from what the thing is called in its source. */
  id: string
  /** What the source said of it then. */
  state: string
  at: number
}

/** Files that belong to no row, and since when that is known. */
export interface QuarantineTable {
  file_key: string
  since: number
}

/** Files that were purged. Their rows stay as evidence; nobody is shown them any more. */
export interface ErasuresTable {
  /** The id of the release, submission or feedback. */
  file_id: string
  org_id: number
  kind: string
  /** Bytes that the file had. */
  size: number
  at: number
  reason: string
}

/** What `verify`, `sweep` and the like have found, newest last. */
export interface ChoresTable {
  id: Generated<number>
  name: string
  at: number
  /** 1 where nothing was found that a person must look at. */
  clean: number
  /** The report as JSON. */
  report: string
}
