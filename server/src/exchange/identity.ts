import type { Identity } from '../auth/user-plugin.ts'
import { ExchangeError } from '../errors.ts'
import { checkCode, checkUserName } from './names.ts'

/** Somebody who is signed in, as the sign-in describes them at this moment. */
export interface Person {
  orgId: number
  name: string
  fullName: string | null
  email: string | null
  lmsUserId: string | null
  /** Course code to title and role: every course that the sign-in lists now. */
  courses: ReadonlyMap<string, { title: string | null; role: string }>
}

/** Checks what a user plugin answered. Throws `forbidden`, and says what is wrong with it. */
export function personFrom(identity: Identity): Person {
  return {
    orgId: organisation(identity.org_id),
    name: nameIn('name', identity.name, checkUserName),
    fullName: textIn('full_name', identity.full_name),
    email: textIn('email', identity.email),
    lmsUserId: textIn('lms_user_id', identity.lms_user_id),
    courses: coursesOf(identity),
  }
}

function coursesOf(identity: Identity): Person['courses'] {
  const courses = new Map<string, { title: string | null; role: string }>()
  const { course_id, course_role } = identity
  const own = [course_id, course_role].some((value) => value !== undefined && value !== null && value !== '')
  for (const claim of [...listed(identity.courses), ...(own ? [identity] : [])]) {
    const code = nameIn('course_id', claim.course_id, (name) => checkCode('course', name))
    const role = textIn('course_role', claim.course_role)
    if (role === null) throw incomplete(`course_role in ${code}`, 'missing')
    courses.set(code, { title: textIn('course_title', claim.course_title), role })
  }
  return courses
}

type Claim = Readonly<Partial<Record<'course_id' | 'course_title' | 'course_role', unknown>>>

/** What a plugin says is typed, but plugins are written by sites, and some only pass on what they were told. */
function listed(courses: unknown): Claim[] {
  const all = courses ?? []
  if (Array.isArray(all) && all.every((one) => typeof one === 'object' && one !== null)) return all
  throw incomplete('courses', 'no list')
}

/** A whole number, as a number or in digits; absent means organisation 1. */
function organisation(value: unknown): number {
  if (value === undefined || value === null) return 1
  const digits = typeof value === 'string' ? /^\d{1,9}$/.test(value) : Number.isSafeInteger(value)
  const orgId = digits ? Number(value) : -1
  if (orgId >= 0 && orgId < 2 ** 31) return orgId
  throw incomplete('org_id', 'no whole number')
}

function nameIn(field: string, value: unknown, check: (name: string) => string): string {
  const name = textIn(field, value)
  if (name === null) throw incomplete(field, 'missing')
  try {
    return check(name)
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error
    throw incomplete(field, error.reason, error)
  }
}

function textIn(field: string, value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value === 'string') return value
  throw incomplete(field, 'no text')
}

function incomplete(field: string, problem: string, cause?: unknown): ExchangeError {
  return new ExchangeError('identity_incomplete', { field, problem }, { cause })
}
