import type { AcceptancesTable, ExtensionsTable } from './schema/dates.ts'
import type { ChoresTable, ErasuresTable, ImportedTable, QuarantineTable } from './schema/house.ts'
import type {
  ActionsTable,
  CredentialsTable,
  PublicKeysTable,
  SealsTable,
  SigningKeysTable,
} from './schema/log.ts'
import type {
  CoursesTable,
  FormerNamesTable,
  MembersTable,
  RosterSyncsTable,
  RosterTable,
  SectionsTable,
  UsersTable,
} from './schema/people.ts'
import type {
  AssignmentsTable,
  FeedbackTable,
  FileListsTable,
  ReleasesTable,
  SubmissionsTable,
} from './schema/work.ts'

/**
 * The tables, as in SQL. Every time is microseconds since 1970 UTC; every flag is 0 or 1; `notebooks` is a
 * JSON array of names. The organisation stands in every row and in every foreign key, so that a row of one
 * organisation cannot point into another.
 */
export interface Schema {
  users: UsersTable
  former_names: FormerNamesTable
  courses: CoursesTable
  members: MembersTable
  roster: RosterTable
  roster_syncs: RosterSyncsTable
  sections: SectionsTable
  assignments: AssignmentsTable
  releases: ReleasesTable
  submissions: SubmissionsTable
  file_lists: FileListsTable
  feedback: FeedbackTable
  extensions: ExtensionsTable
  acceptances: AcceptancesTable
  credentials: CredentialsTable
  actions: ActionsTable
  seals: SealsTable
  public_keys: PublicKeysTable
  signing_keys: SigningKeysTable
  imported: ImportedTable
  quarantine: QuarantineTable
  erasures: ErasuresTable
  chores: ChoresTable
}
