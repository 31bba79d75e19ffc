import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { forgetMember, listMembers, membersOf } from '../../exchange/members.ts'
import { identify } from '../identity.ts'
import type { HttpOptions } from '../options.ts'
import { instructorFor } from '../session.ts'
import { CourseListBody, MemberPageBody, toCourse, toMemberBody } from './schemas/courses.ts'
import { CourseParams, pageQuery } from './schemas/parameters.ts'
import { DONE, ref, UserName } from './schemas/values.ts'
import { typed } from './typed.ts'

export function courseRoutes(instance: FastifyInstance, options: HttpOptions): void {
  const app = typed(instance)
  const { exchange, userPlugin } = options

  app.get(
    '/courses',
    {
      schema: {
        operationId: 'listCourses',
        summary: 'The courses that I am in now',
        tags: ['courses'],
        response: { 200: ref(CourseListBody) },
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
        operationId: 'listMembers',
        summary: 'Everybody seen in the course (instructors)',
        tags: ['courses'],
        params: CourseParams,
        querystring: Type.Object(pageQuery),
        response: { 200: ref(MemberPageBody) },
        'x-refusals': ['not_found'],
      },
    },
    async (request) => {
      const member = await instructorFor(request, options, request.params.course)
      const { cursor, limit } = request.query
      const page = await listMembers(exchange, member, { after: cursor ?? null, limit })
      return { members: page.members.map(toMemberBody), next: page.next }
    },
  )

  app.delete(
    '/courses/:course/members/:user',
    {
      schema: {
        operationId: 'forgetMember',
        summary: 'Forget a remembered membership (instructors)',
        tags: ['courses'],
        params: Type.Object({ ...CourseParams.properties, user: UserName }),
        response: { 204: DONE },
        'x-refusals': ['not_found'],
      },
    },
    async (request, reply) => {
      const member = await instructorFor(request, options, request.params.course)
      await forgetMember(exchange, member, request.params.user)
      return reply.code(204).send(null)
    },
  )
}
