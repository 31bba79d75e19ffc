import type { Selectable } from 'kysely'
import type { Database } from './database.ts'
import type { UsersTable } from './schema/people.ts'
import { upsert } from './upsert.ts'

export type UserRow = Selectable<UsersTable>

export async function findUser(
  database: Database,
  orgId: number,
  name: string,
): Promise<UserRow | undefined> {
  return database
    .selectFrom('users')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('name', '=', name)
    .executeTakeFirst()
}

export interface NewUser {
  orgId: number
  name: string
  fullName: string | null
  email: string | null
  lmsUserId: string | null
  at: number
}

/** Makes the user, or brings the fields that are given (not null) up to date; answers the row. */
export async function upsertUser(database: Database, user: NewUser): Promise<UserRow> {
  await upsert(database, {
    table: 'users',
    row: {
      org_id: user.orgId,
      name: user.name,
      full_name: user.fullName,
      email: user.email,
      lms_user_id: user.lmsUserId,
      created_at: user.at,
    },
    keys: ['org_id', 'name'],
    fill: ['full_name', 'email', 'lms_user_id'],
  })
  return database
    .selectFrom('users')
    .selectAll()
    .where('org_id', '=', user.orgId)
    .where('name', '=', user.name)
    .executeTakeFirstOrThrow()
}
