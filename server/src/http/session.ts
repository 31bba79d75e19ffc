import type { FastifyRequest } from 'fastify'
import { ExchangeError } from '../errors.ts'
import type { Person } from '../exchange/identity.ts'
import { instructorOf, type Member, memberOf, membersOf } from '../exchange/members.ts'
import type { Upload } from '../exchange/upload.ts'
import { identify } from './identity.ts'
import type { HttpOptions } from './options.ts'

/** The caller as a member of the course that the request names. Throws `unauthenticated` or `forbidden`. */
export async function memberFor(
  request: FastifyRequest,
  options: HttpOptions,
  course: string,
): Promise<Member> {
  return memberOf(options.exchange, await identify(request, options.userPlugin), course)
}

/** As `memberFor`, and throws `forbidden` for who does not teach it. */
export async function instructorFor(
  request: FastifyRequest,
  options: HttpOptions,
  course: string,
): Promise<Member> {
  return instructorOf(options.exchange, await identify(request, options.userPlugin), course)
}

/** The caller in the one course that is named, or else in all that the sign-in lists. */
export async function membersFor(
  request: FastifyRequest,
  options: HttpOptions,
  course: string | undefined,
): Promise<Member[]> {
  const person: Person = await identify(request, options.userPlugin)
  return course === undefined
    ? membersOf(options.exchange, person)
    : [await memberOf(options.exchange, person, course)]
}

/** Uploads that took longer are authorised once more at their end. */
const RECHECK_AFTER_MS = 5_000

/**
 * The upload of a member whose role may change while it runs: when it took long, the sign-in is asked again
 * before anything is stored, and a role that is gone or another one ends it with `forbidden`.
 */
export function stillAuthorised(
  upload: Upload,
  begun: { request: FastifyRequest; options: HttpOptions; member: Member },
): Upload {
  const { member, options, request } = begun
  const startedAt = performance.now()
  async function* source() {
    yield* upload.source
    if (performance.now() - startedAt < RECHECK_AFTER_MS) return
    const now = await memberFor(request, options, member.courseCode)
    if (now.role === member.role && now.userId === member.userId) return
    throw new ExchangeError('role_changed', { course: member.courseCode })
  }
  return { ...upload, source: source() }
}
