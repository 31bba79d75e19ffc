import type { Generated } from 'kysely'

/** Other dates for a student or a section. Withdrawn and never deleted; of the several that hold, the resolver chooses. */
export interface ExtensionsTable {
  id: Generated<number>
  org_id: number
  course_id: number
  /** Null for everything in the course, what comes later, too. */
  assignment_id: number | null
  /** One of both. A student has a row of `users` also before the first sign-in, so that a name that is given again inherits nothing. */
  student_id: number | null
  section: string | null
  /** Null: as it is without this. */
  available_at: number | null
  due_at: number | null
  closes_at: number | null
  /** So much later due and closed, in place of dates. */
  extra_seconds: number | null
  /** 1 where a student's dates hold also where the class's are better. */
  exact: number
  /** May be medical: it stands here alone, for instructors; emptied by purge and erasure. */
  reason: string | null
  /** Null where a command did it. */
  granted_by: number | null
  granted_at: number
  withdrawn_by: number | null
  withdrawn_at: number | null
}

/** Work that counts although it came after it closed. A submission is accepted while one of its rows is not withdrawn. */
export interface AcceptancesTable {
  id: Generated<number>
  org_id: number
  submission_id: string
  /** Emptied when the work is purged. */
  reason: string | null
  /** Null where a command did it. */
  accepted_by: number | null
  accepted_at: number
  withdrawn_by: number | null
  withdrawn_at: number | null
}
