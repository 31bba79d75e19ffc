import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { hideSubmission, listOwnSubmissions } from '../../exchange/collections.ts'
import { listFeedbackOf } from '../../exchange/feedback.ts'
import { membersOf } from '../../exchange/members.ts'
import { FEATURES } from '../../features.ts'
import { identify } from '../identity.ts'
import type { HttpOptions } from '../options.ts'
import { membersFor } from '../session.ts'
import { withFeedback } from './feedback-of-submissions.ts'
import { toCourse } from './schemas/courses.ts'
import { toFeedbackBody } from './schemas/feedback.ts'
import { MeBody } from './schemas/me.ts'
import { courseQuery, pageQuery } from './schemas/parameters.ts'
import { OwnSubmissionPageBody, toReceiptBody } from './schemas/submissions.ts'
import { DONE, ref, SubmissionId } from './schemas/values.ts'
import { typed } from './typed.ts'

export function meRoutes(instance: FastifyInstance, options: HttpOptions): void {
  const app = typed(instance)
  const { exchange, userPlugin } = options

  app.get(
    '/me',
    {
      schema: {
        operationId: 'getMe',
        summary: 'Who am I, in which courses',
        tags: ['me'],
        response: { 200: ref(MeBody) },
      },
    },
    async (request) => {
      const person = await identify(request, userPlugin)
      const members = await membersOf(exchange, person)
      return {
        org_id: person.orgId,
        name: person.name,
        full_name: person.fullName,
        email: person.email,
        lms_user_id: person.lmsUserId,
        courses: members.map(toCourse),
        version: options.version,
        features: [...FEATURES],
      }
    },
  )

  app.get(
    '/me/submissions',
    {
      schema: {
        operationId: 'listOwnSubmissions',
        summary: 'What I handed in, with receipts and the feedback on it',
        tags: ['me'],
        querystring: Type.Object({ ...courseQuery, ...pageQuery }),
        response: { 200: ref(OwnSubmissionPageBody) },
      },
    },
    async (request) => {
      const { assignment_id: assignmentCode, course_id: course, cursor, limit } = request.query
      const members = await membersFor(request, options, course)
      const page = await listOwnSubmissions(exchange, members, { assignmentCode, cursor, limit })
      const userId = members[0]?.userId ?? -1
      const feedback = await listFeedbackOf(exchange, members, { assignmentCode, userId })
      return {
        submissions: withFeedback(page.items, feedback).map(([receipt, own]) => ({
          ...toReceiptBody(receipt),
          feedback: own.map(toFeedbackBody),
        })),
        next: page.next,
      }
    },
  )

  app.delete(
    '/me/submissions/:id',
    {
      schema: {
        operationId: 'hideOwnSubmission',
        summary: 'Take a submission off my own list; instructors keep it',
        tags: ['me'],
        params: Type.Object({ id: SubmissionId }),
        response: { 204: DONE },
        'x-refusals': ['not_found'],
      },
    },
    async (request, reply) => {
      await hideSubmission(exchange, await membersFor(request, options, undefined), request.params.id)
      return reply.code(204).send(null)
    },
  )
}
