import type { ChoresTable, ErasuresTable, ImportedTable, QuarantineTable } from './schema/house.ts'
import type { ActionsTable, CredentialsTable } from './schema/log.ts'
import type { CoursesTable, MembersTable, UsersTable } from './schema/people.ts'
import type { AssignmentsTable, FeedbackTable, ReleasesTable, SubmissionsTable } from './schema/work.ts'

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
  credentials: CredentialsTable
  actions: ActionsTable
  imported: ImportedTable
  quarantine: QuarantineTable
  erasures: ErasuresTable
  chores: ChoresTable
}
