import type { Selectable } from 'kysely'
import type { Database } from './database.ts'
import type { UsersTable } from './schema.ts'

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
  await database
    .insertInto('users')
    .values({
      org_id: user.orgId,
      name: user.name,
      full_name: user.fullName,
      email: user.email,
      lms_user_id: user.lmsUserId,
      created_at: user.at,
    })
    .onConflict((conflict) =>
      conflict.columns(['org_id', 'name']).doUpdateSet((eb) => ({
        full_name: eb.fn.coalesce('excluded.full_name', 'users.full_name'),
        email: eb.fn.coalesce('excluded.email', 'users.email'),
        lms_user_id: eb.fn.coalesce('excluded.lms_user_id', 'users.lms_user_id'),
      })),
    )
    .execute()
  return database
    .selectFrom('users')
    .selectAll()
    .where('org_id', '=', user.orgId)
    .where('name', '=', user.name)
    .executeTakeFirstOrThrow()
}
