import type { Table } from '../../tables.ts'
import { ASSIGNMENT_OF_COURSE, within } from './within.ts'

/** What happened, by which credential of ours, and what proves that nobody has changed it. */
export const LOG: readonly Table[] = [
  {
    name: 'credentials',
    columns: {
      id: 'id',
      org_id: 'org',
      kind: 'ascii',
      user_id: 'ref',
      course_id: 'ref?',
      name: 'name?',
      secret_sha256: 'ascii',
      access: 'ascii',
      made_at: 'big',
      expires_at: 'big?',
      used_at: 'big?',
      ended_at: 'big?',
      ended_by: 'ref?',
      ended_why: 'ascii?',
    },
    unique: [['secret_sha256'], ['org_id', 'id']],
    foreignKeys: [within('user_id', 'users'), within('course_id', 'courses'), within('ended_by', 'users')],
    indexes: {
      credentials_of_user: ['org_id', 'user_id', 'kind'],
      credentials_of_course: ['org_id', 'course_id'],
    },
  },
  {
    name: 'actions',
    columns: {
      id: 'id',
      org_id: 'org',
      course_id: 'ref?',
      assignment_id: 'ref?',
      user_id: 'ref?',
      student_id: 'ref?',
      action: 'ascii',
      at: 'big',
      release_id: 'ascii?',
      submission_id: 'ascii?',
      feedback_id: 'ascii?',
      token_id: 'ref?',
      detail: 'text?',
    },
    foreignKeys: [
      within('course_id', 'courses'),
      ASSIGNMENT_OF_COURSE,
      within('user_id', 'users'),
      within('student_id', 'users'),
      within('release_id', 'releases'),
      within('submission_id', 'submissions'),
      within('feedback_id', 'feedback'),
      within('token_id', 'credentials'),
    ],
    indexes: {
      actions_of_course: ['org_id', 'course_id', 'assignment_id', 'action'],
      actions_of_user: ['org_id', 'user_id', 'course_id', 'action', 'assignment_id'],
      actions_of_student: ['org_id', 'student_id', 'course_id', 'action', 'assignment_id'],
    },
  },
  {
    name: 'seals',
    columns: {
      id: 'id',
      last_action_id: 'ref',
      actions: 'number',
      digest: 'ascii',
      signature: 'text',
      issuer: 'text',
      sealed_at: 'big',
    },
    unique: [['last_action_id']],
  },
  {
    name: 'public_keys',
    columns: { kid: 'ascii', jwk: 'text', made_at: 'big' },
    primaryKey: ['kid'],
  },
  {
    name: 'signing_keys',
    columns: { kid: 'ascii', private_key: 'text', made_at: 'big' },
    primaryKey: ['kid'],
  },
]
