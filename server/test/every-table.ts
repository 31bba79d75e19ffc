import type { Insertable, Kysely, Selectable } from 'kysely'
import type { Schema } from '../src/db/schema.ts'

/** The last microsecond that is taken, and so the largest number of a column of times. */
const NOW = Date.UTC(2100, 0, 1) * 1000 - 1000

/** As long as one may be, in text that is longer in bytes than in characters. */
const LONGEST_LIST = JSON.stringify([{ path: 'ü'.repeat(500_000 - 60), size: 1, sha256: 'a'.repeat(8) }])

/** So many that they do not fit into one statement of a server, and not into one page of a backup. */
const LISTS = 18

/**
 * Rows in every table that a house as `livedIn` makes it leaves empty, each column filled in one of them. About organisation 1's
 * course `bio`, its instructor and the first submission.
 */
export async function fillWhatNothingWrites(database: Kysely<Schema>): Promise<void> {
  const work = await database
    .selectFrom('submissions')
    .innerJoin('assignments', 'assignments.id', 'submissions.assignment_id')
    .innerJoin('courses', 'courses.id', 'assignments.course_id')
    .selectAll('submissions')
    .select('assignments.course_id')
    .where('courses.code', '=', 'bio')
    .where('courses.org_id', '=', 1)
    .orderBy('submissions.position')
    .executeTakeFirstOrThrow()
  const { user_id: by } = await database
    .selectFrom('members')
    .select('user_id')
    .where('course_id', '=', work.course_id)
    .where('role', '=', 'Instructor')
    .executeTakeFirstOrThrow()
  await people(database, work)
  await dates(database, { ...work, by })
  await log(database, { ...work, by })
  for (let n = 0; n < LISTS; n++) {
    const of = { org_id: 1, kind: 'submitted', stated_at: NOW, files: LONGEST_LIST } as const
    await insert(database, 'file_lists', { ...of, file_id: n === 0 ? work.id : `list-${n}` })
  }
  await insert(database, 'imported', { id: 'x', state: 'y', at: NOW })
  await insert(database, 'quarantine', { file_key: 'z', since: NOW })
}

type Work = Selectable<Schema['submissions']> & { course_id: number }
type Done = Work & { by: number }

async function people(database: Kysely<Schema>, { course_id, org_id, user_id }: Work): Promise<void> {
  const of = { org_id, course_id }
  const known = { email: 'é@example.com', lms_user_id: '7' }
  await database
    .updateTable('users')
    .set({ ...known, full_name: 'Sám', retired_at: NOW })
    .where('id', '=', user_id)
    .execute()
  await database
    .updateTable('courses')
    .set({ title: 'Biology', zone: 'Europe/Zurich', grace_seconds: 60 })
    .where('id', '=', course_id)
    .execute()
  await database
    .updateTable('members')
    .set(known)
    .where('course_id', '=', course_id)
    .where('user_id', '=', user_id)
    .execute()
  await insert(database, 'former_names', { org_id, user_id, name: 'Sam Ö.', ended_at: NOW })
  const named = { first_name: 'Sám', last_name: "O'X", email: 'sam@example.com', lms_user_id: '42' }
  const listed = { ...of, student: 'sam 夜', source: 'csv', listed_at: NOW } as const
  await insert(database, 'roster', { ...listed, ...named, gone_since: NOW + 1 })
  const tried = { ...of, source: 'sign-in', tried_at: NOW } as const
  await insert(database, 'roster_syncs', { ...tried, synced_at: NOW - 1, problem: 'no answer' })
  for (const section of ['A', 'a', 'Ä']) {
    await insert(database, 'sections', { ...of, student: 'sam 夜', source: 'sign-in', section })
  }
}

async function dates(database: Kysely<Schema>, work: Done): Promise<void> {
  const { assignment_id, by, course_id, id, org_id, user_id } = work
  const three = { available_at: NOW - 3, due_at: NOW - 2, closes_at: NOW - 1 }
  const sources = { available_source: 'gradebook', due_source: 'person', closes_source: 'person' } as const
  await database
    .updateTable('assignments')
    .set({ ...three, ...sources })
    .where('id', '=', assignment_id)
    .execute()
  const held = { held_due_at: NOW, held_closes_at: NOW, held_grace_seconds: 60 }
  const state = { removed_at: NOW, hidden_at: NOW, set_aside_at: NOW, idempotency_key: 'key' }
  await database
    .updateTable('submissions')
    .set({ ...held, ...state })
    .where('id', '=', id)
    .execute()
  await database
    .updateTable('releases')
    .set({ idempotency_key: 'key' })
    .where('assignment_id', '=', assignment_id)
    .execute()
  await database.updateTable('feedback').set({ checksum: 'said so' }).execute()
  const granted = { org_id, course_id, granted_at: NOW, exact: 0 }
  const withdrawn = { reason: 'krank 🤒', withdrawn_by: by, withdrawn_at: NOW + 1 }
  const ofOne = { ...granted, assignment_id, student_id: user_id, granted_by: by, exact: 1 }
  await insert(database, 'extensions', { ...ofOne, ...three, ...withdrawn })
  await insert(database, 'extensions', { ...granted, section: 'Ä', extra_seconds: 7200 })
  const accepted = { org_id, submission_id: id, accepted_at: NOW, accepted_by: by }
  await insert(database, 'acceptances', { ...accepted, ...withdrawn })
}

async function log(database: Kysely<Schema>, { by, course_id, org_id }: Done): Promise<void> {
  const of = { org_id, course_id }
  const token = { kind: 'token', name: 'nightly 夜', access: 'write', secret_sha256: 'a'.repeat(64) } as const
  const end = { expires_at: NOW, used_at: NOW, ended_at: NOW, ended_by: by, ended_why: 'withdrawn' }
  await insert(database, 'credentials', { ...of, ...token, ...end, user_id: by, made_at: NOW })
  const { id: token_id } = await database.selectFrom('credentials').select('id').executeTakeFirstOrThrow()
  const detail = JSON.stringify({ by: 'sync', was: [1, null] })
  await insert(database, 'actions', { ...of, user_id: by, action: 'dates_set', at: NOW, token_id, detail })
  const seal = { digest: 'b'.repeat(64), signature: 'h.p.s', issuer: 'https://x.example/' }
  await insert(database, 'seals', { ...seal, last_action_id: 3, actions: 3, sealed_at: NOW })
  await insert(database, 'public_keys', { kid: 'k', jwk: '{"kty":"OKP"}', made_at: NOW })
  await insert(database, 'signing_keys', { kid: 'k', private_key: 'SECRET-KEY', made_at: NOW })
}

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
