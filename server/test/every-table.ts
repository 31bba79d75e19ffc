import type { Insertable, Kysely } from 'kysely'
import type { Schema } from '../src/db/schema.ts'

/** A row in every table that a house as `livedIn` makes it leaves empty, with every column filled. */
export async function fillWhatNothingWrites(database: Kysely<Schema>): Promise<void> {
  const { course_id, org_id, user_id } = await database
    .selectFrom('members')
    .select(['course_id', 'org_id', 'user_id'])
    .where('role', '=', 'Instructor')
    .where('org_id', '=', 1)
    .orderBy('course_id')
    .limit(1)
    .executeTakeFirstOrThrow()
  const of = { org_id, course_id }
  const credential = {
    ...of,
    user_id,
    kind: 'token',
    name: 'nightly 夜',
    access: 'write',
    made_at: NOW,
  } as const
  const end = {
    expires_at: NOW + 9,
    used_at: NOW + 1,
    ended_at: NOW + 2,
    ended_by: user_id,
    ended_why: 'withdrawn',
  }
  await insert(database, 'credentials', { ...credential, ...end, secret_sha256: 'a'.repeat(64) })
  const { id: token_id } = await database.selectFrom('credentials').select('id').executeTakeFirstOrThrow()
  const detail = JSON.stringify({ by: 'sync', was: [1, null] })
  await insert(database, 'actions', { ...of, user_id, action: 'dates_set', at: NOW, token_id, detail })
  await insert(database, 'imported', { id: 'x', state: 'y', at: NOW })
  await insert(database, 'quarantine', { file_key: 'z', since: NOW })
}

/** The last microsecond that is taken, and so the largest number of a column of times. */
const NOW = Date.UTC(2100, 0, 1) * 1000 - 10

async function insert<T extends keyof Schema>(
  database: Kysely<Schema>,
  table: T,
  row: Insertable<Schema[T]>,
): Promise<void> {
  await database
    .insertInto(table)
    .values(row as never)
    .execute()
}
