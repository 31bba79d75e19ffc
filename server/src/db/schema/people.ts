import type { Generated } from 'kysely'

export interface UsersTable {
  id: Generated<number>
  org_id: number
  /** Of one who is retired a name that nobody can have. */
  name: string
  full_name: string | null
  email: string | null
  lms_user_id: string | null
  created_at: number
  /** Since when the row stands for nobody who can sign in. */
  retired_at: number | null
}

/** Names that users had before they were renamed or retired: old receipts have them, and the log has no names. */
export interface FormerNamesTable {
  org_id: number
  user_id: number
  name: string
  ended_at: number
}

export interface CoursesTable {
  id: Generated<number>
  org_id: number
  code: string
  title: string | null
  /** The time zone in which its dates are typed and printed, as IANA names it; null for that of the settings. */
  zone: string | null
  /** So many seconds after it is due, work is not late yet; null for those of the settings. */
  grace_seconds: number | null
  /** 0 while open; when it was closed otherwise, which frees the code for a new course. */
  closed_at: number
  created_at: number
}

/** Who was last seen in which course with which role. Never the basis of a permission: the sign-in is. */
export interface MembersTable {
  org_id: number
  course_id: number
  user_id: number
  role: string
  /** What the sign-in said of them when it last listed this course. In `users` a newcomer of the same name has overwritten it. */
  email: string | null
  lms_user_id: string | null
  /** When the sign-in last listed the course. */
  asserted_at: number
}

/** Who is expected in a course, as a source of such lists says: by name, whether or not anybody of that name was ever seen. Authorises nothing. */
export interface RosterTable {
  org_id: number
  course_id: number
  /** As the sign-in would name them. */
  student: string
  source: 'sign-in' | 'csv'
  first_name: string | null
  last_name: string | null
  email: string | null
  lms_user_id: string | null
  /** Since when its source lists them without a break. */
  listed_at: number
  /** Since when its source lists them no more. */
  gone_since: number | null
}

/** When a source of a roster was last asked, by whichever process. */
export interface RosterSyncsTable {
  org_id: number
  course_id: number
  source: RosterTable['source']
  tried_at: number
  /** The last time that worked. */
  synced_at: number | null
  /** Why the last time did not, in one line. */
  problem: string | null
}

/** Who is in which section of a course; a source that speaks again replaces all that it had said of a student. */
export interface SectionsTable {
  org_id: number
  course_id: number
  student: string
  source: RosterTable['source']
  section: string
}
