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

/** Checks what a user plugin answered. Throws `forbidden` with a note that says what is wrong with it. */
export function personFrom(identity: Identity): Person {
  try {
    const name = checkUserName(text(identity.name) ?? '')
    return {
      orgId: organisation(identity.org_id),
      name,
      fullName: text(identity.full_name),
      email: text(identity.email),
      lmsUserId: text(identity.lms_user_id),
      courses: coursesOf(identity),
    }
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error
    throw new ExchangeError('forbidden', `The sign-in describes you incompletely: ${error.message}`, {
      cause: error,
    })
  }
}

function coursesOf(identity: Identity): Person['courses'] {
  const courses = new Map<string, { title: string | null; role: string }>()
  for (const course of listed(identity.courses)) {
    add(courses, [course.course_id, course.course_title, course.course_role])
  }
  if (text(identity.course_id) !== null || text(identity.course_role) !== null) {
    add(courses, [identity.course_id, identity.course_title, identity.course_role])
  }
  return courses
}

/** What a plugin says is typed, but plugins are written by sites, and some only pass on what they were told. */
function listed(courses: unknown): Record<string, unknown>[] {
  const all = courses ?? []
  if (Array.isArray(all) && all.every((one) => typeof one === 'object' && one !== null)) return all
  throw new ExchangeError('invalid', 'courses is not a list of courses.')
}

type Claim = readonly [code: unknown, title: unknown, role: unknown]

function add(courses: Map<string, { title: string | null; role: string }>, claim: Claim): void {
  const [code, title, role] = [text(claim[0]), text(claim[1]), text(claim[2])]
  if (code === null) throw new ExchangeError('invalid', 'it names a role without a course.')
  if (role === null) throw new ExchangeError('invalid', `it names no role in course ${code}.`)
  courses.set(checkCode('course', code), { title, role })
}

/** A whole number, as a number or in digits; absent means organisation 1. */
function organisation(value: unknown): number {
  if (value === undefined || value === null) return 1
  const digits = typeof value === 'string' ? /^\d{1,9}$/.test(value) : Number.isSafeInteger(value)
  const orgId = digits ? Number(value) : -1
  if (orgId >= 0 && orgId < 2 ** 31) return orgId
  throw new ExchangeError('invalid', 'its org_id is not a whole number.')
}

function text(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value !== 'string') throw new ExchangeError('invalid', 'a field is not text.')
  return value
}
