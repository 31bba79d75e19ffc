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
    },
    unique: [
      ['org_id', 'name'],
      ['org_id', 'id'],
    ],
  },
  {
    name: 'courses',
    columns: {
      id: 'id',
      org_id: 'org',
      code: 'name',
      title: 'text?',
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
    columns: { org_id: 'org', course_id: 'ref', user_id: 'ref', role: 'name', asserted_at: 'big' },
    primaryKey: ['org_id', 'course_id', 'user_id'],
    foreignKeys: [within('course_id', 'courses'), within('user_id', 'users')],
    indexes: { members_of_user: ['org_id', 'user_id'] },
  },
]
