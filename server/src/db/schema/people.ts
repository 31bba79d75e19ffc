import type { Generated } from 'kysely'

export interface UsersTable {
  id: Generated<number>
  org_id: number
  name: string
  full_name: string | null
  email: string | null
  lms_user_id: string | null
  created_at: number
}

export interface CoursesTable {
  id: Generated<number>
  org_id: number
  code: string
  title: string | null
  /** 0 while open; when it was closed otherwise, which frees the code for a new course. */
  closed_at: number
  created_at: number
}

/** Who was last seen in which course with which role. Never the basis of a permission: the sign-in is. */
export interface MembersTable {
  org_id: number
  course_id: number
  user_id: number
  role: string
  asserted_at: number
}
