import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { forgetMember, listMembers, membersOf } from '../../exchange/members.ts'
import { identify } from '../identity.ts'
import type { HttpOptions } from '../options.ts'
import { instructorFor } from '../session.ts'
import { CourseBody, CourseParams, Next, pageQuery, refusals, Time, toCourse } from './schemas.ts'
import { typed } from './typed.ts'

const MemberBody = Type.Object({
  name: Type.String(),
  full_name: Type.Union([Type.String(), Type.Null()]),
  email: Type.Union([Type.String(), Type.Null()]),
  lms_user_id: Type.Union([Type.String(), Type.Null()]),
  role: Type.String({ description: 'as last asserted by the sign-in' }),
  asserted_at: Time,
})

export function courseRoutes(instance: FastifyInstance, options: HttpOptions): void {
  const app = typed(instance)
  const { exchange, userPlugin } = options

  app.get(
    '/courses',
    {
      schema: {
        summary: 'The courses that I am in now',
        tags: ['courses'],
        response: { 200: Type.Object({ courses: Type.Array(CourseBody) }), ...refusals },
      },
    },
    async (request) => {
      const members = await membersOf(exchange, await identify(request, userPlugin))
      return { courses: members.map(toCourse) }
    },
  )

  app.get(
    '/courses/:course/members',
    {
      schema: {
        summary: 'Everybody seen in the course (instructors)',
        tags: ['courses'],
        params: CourseParams,
        querystring: Type.Object(pageQuery),
        response: { 200: Type.Object({ members: Type.Array(MemberBody), next: Next }), ...refusals },
      },
    },
    async (request) => {
      const member = await instructorFor(request, options, request.params.course)
      const { cursor, limit } = request.query
      const page = await listMembers(exchange, member, { after: cursor ?? null, limit })
      return {
        members: page.members.map(({ assertedAt, ...row }) => ({ ...row, asserted_at: assertedAt })),
        next: page.next,
      }
    },
  )

  app.delete(
    '/courses/:course/members/:user',
    {
      schema: {
        summary: 'Forget a remembered membership (instructors)',
        tags: ['courses'],
        params: Type.Object({ course: Type.String(), user: Type.String() }),
        response: { 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      const member = await instructorFor(request, options, request.params.course)
      await forgetMember(exchange, member, request.params.user)
      return reply.code(204).send(null)
    },
  )
}
