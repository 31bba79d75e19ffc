import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { ExchangeError } from '../../errors.ts'
import { getAssignment, listAssignments, purge, restore, unrelease } from '../../exchange/assignments.ts'
import type { HttpOptions } from '../options.ts'
import { instructorFor, memberFor, membersFor } from '../session.ts'
import { AssignmentBody, AssignmentListBody, PurgeBody, toAssignmentBody } from './schemas/assignments.ts'
import { AssignmentParams, courseQuery } from './schemas/parameters.ts'
import { DONE, ref } from './schemas/values.ts'
import { typed } from './typed.ts'

export function assignmentRoutes(instance: FastifyInstance, options: HttpOptions): void {
  const app = typed(instance)
  const { exchange } = options
  const one = {
    tags: ['assignments'],
    params: AssignmentParams,
    response: { 200: ref(AssignmentBody) },
    'x-refusals': ['not_found'] as const,
  }

  app.get(
    '/assignments',
    {
      schema: {
        operationId: 'listAssignments',
        summary: 'The assignments of all my courses, or of one, as I see them',
        tags: ['assignments'],
        querystring: Type.Object(courseQuery),
        response: { 200: ref(AssignmentListBody) },
      },
    },
    async (request) => {
      const members = await membersFor(request, options, request.query.course_id)
      const filter = { assignmentCode: request.query.assignment_id }
      return { assignments: (await listAssignments(exchange, members, filter)).map(toAssignmentBody) }
    },
  )

  app.get(
    '/courses/:course/assignments/:assignment',
    { schema: { operationId: 'getAssignment', summary: 'One assignment', ...one } },
    async (request) => {
      const member = await memberFor(request, options, request.params.course)
      return toAssignmentBody(await getAssignment(exchange, member, request.params.assignment))
    },
  )

  app.delete(
    '/courses/:course/assignments/:assignment',
    {
      schema: {
        operationId: 'unreleaseAssignment',
        summary: 'Unrelease (instructors): releases, submissions and feedback stay',
        ...one,
      },
    },
    async (request) => {
      const { assignment, course } = request.params
      const member = await instructorFor(request, options, course)
      await unrelease(exchange, member, assignment)
      return toAssignmentBody(await getAssignment(exchange, member, assignment))
    },
  )

  app.post(
    '/courses/:course/assignments/:assignment/restore',
    {
      schema: {
        operationId: 'restoreAssignment',
        summary: 'Give an unreleased assignment back to the students (instructors)',
        ...one,
      },
    },
    async (request) => {
      const { assignment, course } = request.params
      const member = await instructorFor(request, options, course)
      await restore(exchange, member, assignment)
      return toAssignmentBody(await getAssignment(exchange, member, assignment))
    },
  )

  app.post(
    '/courses/:course/assignments/:assignment/purge',
    {
      schema: {
        operationId: 'purgeAssignment',
        summary: 'End an assignment with all its submissions and feedback (instructors)',
        tags: ['assignments'],
        params: AssignmentParams,
        body: ref(PurgeBody),
        response: { 204: DONE },
        'x-refusals': ['not_found', 'too_large', 'unsupported'],
      },
    },
    async (request, reply) => {
      const { assignment, course } = request.params
      const member = await instructorFor(request, options, course)
      if (request.body.assignment_id !== assignment) {
        throw new ExchangeError('purge_unconfirmed', { assignment })
      }
      await purge(exchange, member, assignment)
      return reply.code(204).send(null)
    },
  )
}
