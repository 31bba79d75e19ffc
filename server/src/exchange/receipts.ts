import type { SubmissionRow } from '../db/submissions.ts'
import { formatTimestamp } from './timestamps.ts'

/** What a hand-in is answered with, and how it is listed ever after. Times: microseconds since 1970 UTC. */
export interface Receipt {
  id: string
  courseId: number
  courseCode: string
  assignmentId: number
  assignmentCode: string
  studentId: number
  student: string
  submittedBy: string
  /** The label that ties feedback to it, in our spelling whatever a client sent. */
  timestamp: string
  statedAt: number
  receivedAt: number
  effectiveAt: number
  size: number
  sha256: string
  notebooks: string[]
}

/** A receipt with what a teacher's list shows of the student. */
export interface Submission extends Receipt {
  fullName: string | null
  email: string | null
  lmsUserId: string | null
}

export function toReceipt(row: SubmissionRow): Receipt {
  return {
    id: row.id,
    courseId: row.course_id,
    courseCode: row.course,
    assignmentId: row.assignment_id,
    assignmentCode: row.assignment,
    studentId: row.user_id,
    student: row.student,
    submittedBy: row.submitter,
    timestamp: formatTimestamp(Number(row.stated_at)),
    statedAt: Number(row.stated_at),
    receivedAt: Number(row.received_at),
    effectiveAt: Number(row.effective_at),
    size: Number(row.size),
    sha256: row.sha256,
    notebooks: JSON.parse(row.notebooks) as string[],
  }
}

export function toSubmission(row: SubmissionRow): Submission {
  return { ...toReceipt(row), fullName: row.full_name, email: row.email, lmsUserId: row.lms_user_id }
}
