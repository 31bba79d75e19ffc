import type { Table } from '../../tables.ts'
import { within } from './within.ts'

/** Users and courses, and who was seen where. */
export const PEOPLE: readonly Table[] = [
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
      retired_at: 'big?',
    },
    unique: [
      ['org_id', 'name'],
      ['org_id', 'id'],
    ],
  },
  {
    name: 'former_names',
    columns: { org_id: 'org', user_id: 'ref', name: 'name', ended_at: 'big' },
    primaryKey: ['org_id', 'user_id', 'ended_at'],
    foreignKeys: [within('user_id', 'users')],
    indexes: { former_names_by_name: ['org_id', 'name'] },
  },
  {
    name: 'courses',
    columns: {
      id: 'id',
      org_id: 'org',
      code: 'name',
      title: 'text?',
      zone: 'ascii?',
      grace_seconds: 'number?',
      closed_at: 'big',
      created_at: 'big',
    },
    unique: [
      ['org_id', 'code', 'closed_at'],
      ['org_id', 'id'],
    ],
  },
  {
    name: 'members',
    columns: {
      org_id: 'org',
      course_id: 'ref',
      user_id: 'ref',
      role: 'name',
      email: 'text?',
      lms_user_id: 'text?',
      asserted_at: 'big',
    },
    primaryKey: ['org_id', 'course_id', 'user_id'],
    foreignKeys: [within('course_id', 'courses'), within('user_id', 'users')],
    indexes: { members_of_user: ['org_id', 'user_id'] },
  },
  {
    name: 'roster',
    columns: {
      org_id: 'org',
      course_id: 'ref',
      student: 'name',
      source: 'ascii',
      first_name: 'text?',
      last_name: 'text?',
      email: 'text?',
      lms_user_id: 'text?',
      listed_at: 'big',
      gone_since: 'big?',
    },
    primaryKey: ['org_id', 'course_id', 'student', 'source'],
    foreignKeys: [within('course_id', 'courses')],
  },
  {
    name: 'roster_syncs',
    columns: {
      org_id: 'org',
      course_id: 'ref',
      source: 'ascii',
      tried_at: 'big',
      synced_at: 'big?',
      problem: 'text?',
    },
    primaryKey: ['org_id', 'course_id', 'source'],
    foreignKeys: [within('course_id', 'courses')],
  },
  {
    name: 'sections',
    columns: { org_id: 'org', course_id: 'ref', student: 'name', source: 'ascii', section: 'name' },
    primaryKey: ['org_id', 'course_id', 'student', 'source', 'section'],
    foreignKeys: [within('course_id', 'courses')],
    indexes: { sections_by_name: ['org_id', 'course_id', 'section', 'student'] },
  },
]
