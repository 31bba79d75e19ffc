import type { Table } from '../../tables.ts'
import { ASSIGNMENT_OF_COURSE, within } from './within.ts'

/** What holds for some and not for all, and why. */
export const DATES: readonly Table[] = [
  {
    name: 'extensions',
    columns: {
      id: 'id',
      org_id: 'org',
      course_id: 'ref',
      assignment_id: 'ref?',
      student_id: 'ref?',
      section: 'name?',
      available_at: 'big?',
      due_at: 'big?',
      closes_at: 'big?',
      extra_seconds: 'number?',
      exact: 'number',
      reason: 'text?',
      granted_by: 'ref?',
      granted_at: 'big',
      withdrawn_by: 'ref?',
      withdrawn_at: 'big?',
    },
    foreignKeys: [
      within('course_id', 'courses'),
      ASSIGNMENT_OF_COURSE,
      within('student_id', 'users'),
      within('granted_by', 'users'),
      within('withdrawn_by', 'users'),
    ],
    indexes: {
      extensions_of_course: ['org_id', 'course_id', 'assignment_id'],
      extensions_of_student: ['org_id', 'student_id', 'course_id'],
    },
  },
  {
    name: 'acceptances',
    columns: {
      id: 'id',
      org_id: 'org',
      submission_id: 'ascii',
      reason: 'text?',
      accepted_by: 'ref?',
      accepted_at: 'big',
      withdrawn_by: 'ref?',
      withdrawn_at: 'big?',
    },
    foreignKeys: [
      within('submission_id', 'submissions'),
      within('accepted_by', 'users'),
      within('withdrawn_by', 'users'),
    ],
    indexes: { acceptances_of_submission: ['org_id', 'submission_id'] },
  },
]
