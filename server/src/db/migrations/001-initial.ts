import type { Kysely } from 'kysely'
import type { DdlKit } from '../dialects/kit.ts'
import { createTable, makeAppendOnly, type Table } from '../tables.ts'

/** Every table of the first version. */
export async function up(database: Kysely<unknown>, ddl: DdlKit): Promise<void> {
  for (const table of TABLES) await createTable(database, ddl, table)
  await makeAppendOnly(database, ddl, 'actions')
}

/** A foreign key that carries the organisation, so that it cannot point into another one. */
function within(column: string, references: string) {
  return { columns: ['org_id', column], references, to: ['org_id', 'id'] }
}

const TABLES: readonly Table[] = [
  {
    name: 'users',
    columns: {
      id: 'id',
      org_id: 'org',
      name: 'name',
      full_name: 'text?',
      email: 'text?',
      lms_user_id: 'text?',
      created_at: 'big',
    },
    unique: [
      ['org_id', 'name'],
      ['org_id', 'id'],
    ],
  },
  {
    name: 'courses',
    columns: { id: 'id', org_id: 'org', code: 'name', title: 'text?', created_at: 'big' },
    unique: [
      ['org_id', 'code'],
      ['org_id', 'id'],
    ],
  },
  {
    name: 'members',
    columns: { org_id: 'org', course_id: 'ref', user_id: 'ref', role: 'name', asserted_at: 'big' },
    primaryKey: ['org_id', 'course_id', 'user_id'],
    foreignKeys: [within('course_id', 'courses'), within('user_id', 'users')],
    indexes: { members_of_user: ['org_id', 'user_id'] },
  },
  {
    name: 'assignments',
    columns: {
      id: 'id',
      org_id: 'org',
      course_id: 'ref',
      code: 'name',
      active: 'number',
      purged_at: 'big',
      created_at: 'big',
    },
    unique: [
      ['org_id', 'course_id', 'code', 'purged_at'],
      ['org_id', 'id'],
      ['org_id', 'course_id', 'id'],
    ],
    foreignKeys: [within('course_id', 'courses')],
  },
  {
    name: 'releases',
    columns: {
      id: 'ascii',
      org_id: 'org',
      assignment_id: 'ref',
      version: 'number',
      released_by: 'ref',
      released_at: 'big',
      size: 'big',
      sha256: 'ascii',
      notebooks: 'text',
      idempotency_key: 'ascii?',
    },
    primaryKey: ['id'],
    unique: [
      ['org_id', 'assignment_id', 'version'],
      ['org_id', 'id'],
      ['org_id', 'released_by', 'idempotency_key'],
    ],
    foreignKeys: [within('assignment_id', 'assignments'), within('released_by', 'users')],
  },
  {
    name: 'submissions',
    columns: {
      id: 'ascii',
      org_id: 'org',
      assignment_id: 'ref',
      user_id: 'ref',
      submitted_by: 'ref',
      timestamp: 'ascii',
      stated_at: 'big',
      received_at: 'big',
      effective_at: 'big',
      size: 'big',
      sha256: 'ascii',
      notebooks: 'text',
      idempotency_key: 'ascii?',
      removed_at: 'big?',
      hidden_at: 'big?',
    },
    primaryKey: ['id'],
    unique: [
      ['org_id', 'assignment_id', 'user_id', 'stated_at'],
      ['org_id', 'id'],
      ['org_id', 'submitted_by', 'idempotency_key'],
    ],
    foreignKeys: [
      within('assignment_id', 'assignments'),
      within('user_id', 'users'),
      within('submitted_by', 'users'),
    ],
    indexes: {
      submissions_by_time: ['org_id', 'assignment_id', 'user_id', 'effective_at'],
      submissions_of_user: ['org_id', 'user_id', 'assignment_id'],
    },
  },
  {
    name: 'feedback',
    columns: {
      id: 'ascii',
      org_id: 'org',
      assignment_id: 'ref',
      user_id: 'ref',
      timestamp: 'ascii',
      stated_at: 'big',
      notebook: 'notebook',
      version: 'number',
      released_by: 'ref',
      released_at: 'big',
      size: 'big',
      sha256: 'ascii',
      checksum: 'text?',
    },
    primaryKey: ['id'],
    unique: [
      ['org_id', 'assignment_id', 'user_id', 'stated_at', 'notebook', 'version'],
      ['org_id', 'id'],
    ],
    foreignKeys: [
      within('assignment_id', 'assignments'),
      within('user_id', 'users'),
      within('released_by', 'users'),
    ],
    indexes: { feedback_of_user: ['org_id', 'user_id', 'assignment_id'] },
  },
  {
    name: 'actions',
    columns: {
      id: 'id',
      org_id: 'org',
      course_id: 'ref',
      assignment_id: 'ref',
      user_id: 'ref',
      student_id: 'ref?',
      action: 'ascii',
      at: 'big',
      release_id: 'ascii?',
      submission_id: 'ascii?',
      feedback_id: 'ascii?',
    },
    foreignKeys: [
      {
        columns: ['org_id', 'course_id', 'assignment_id'],
        references: 'assignments',
        to: ['org_id', 'course_id', 'id'],
      },
      within('user_id', 'users'),
      within('student_id', 'users'),
      within('release_id', 'releases'),
      within('submission_id', 'submissions'),
      within('feedback_id', 'feedback'),
    ],
    indexes: {
      actions_of_course: ['org_id', 'course_id', 'assignment_id', 'action'],
      actions_of_user: ['org_id', 'user_id', 'course_id', 'action', 'assignment_id'],
    },
  },
]
