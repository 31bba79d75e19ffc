import type { FastifyRequest } from 'fastify'
import { ExchangeError } from '../../errors.ts'
import { type Member, memberOf, requireInstructor } from '../../exchange/members.ts'
import { identify } from '../identity.ts'
import type { HttpOptions } from '../options.ts'

/** The caller in the course. An identity without any course is refused with a note that says so. */
export async function legacyMember(
  request: FastifyRequest,
  options: HttpOptions,
  course: string,
): Promise<Member> {
  const person = await identify(request, options.userPlugin)
  requireCourses(person)
  return memberOf(options.exchange, person, course)
}

export async function legacyInstructor(
  request: FastifyRequest,
  options: HttpOptions,
  course: string,
): Promise<Member> {
  return requireInstructor(await legacyMember(request, options, course))
}

export function requireCourses(person: { courses: ReadonlyMap<string, unknown> }): void {
  if (person.courses.size > 0) return
  throw new ExchangeError('no_course')
}
