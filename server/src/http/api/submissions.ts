import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { ExchangeError } from '../../errors.ts'
import { collect, getSubmission, listSubmissions, removeSubmission } from '../../exchange/collections.ts'
import { listFeedbackOf } from '../../exchange/feedback.ts'
import { submit } from '../../exchange/submissions.ts'
import { parseTimestamp } from '../../exchange/timestamps.ts'
import type { HttpOptions } from '../options.ts'
import { instructorFor, memberFor, membersFor, stillAuthorised } from '../session.ts'
import { rawUpload } from '../upload.ts'
import { withFeedback } from './feedback-of-submissions.ts'
import { sendFileOrLink } from './file-or-link.ts'
import { idempotencyKey } from './idempotency.ts'
import { UPLOAD_REFUSALS } from './refusals.ts'
import { toFeedbackBody } from './schemas/feedback.ts'
import {
  CreatingUploadHeaders,
  FIRST_ANSWER,
  LinkableDownloadHeaders,
  linkableDownload,
} from './schemas/files.ts'
import { AssignmentParams, courseQuery, pageQuery, StudentQuery } from './schemas/parameters.ts'
import { ReceiptBody, SubmissionPageBody, toReceiptBody, toSubmissionBody } from './schemas/submissions.ts'
import { DONE, NotebookQuery, ref, SubmissionId, timeOf, UserName } from './schemas/values.ts'
import { typed } from './typed.ts'

const SubmissionParams = Type.Object({ ...AssignmentParams.properties, id: SubmissionId })

export function submissionRoutes(instance: FastifyInstance, options: HttpOptions): void {
  const app = typed(instance)
  const { exchange } = options

  app.post(
    '/courses/:course/assignments/:assignment/submissions',
    {
      schema: {
        operationId: 'submitAssignment',
        summary: 'Hand in: a gzipped tar as raw body; the answer is a receipt',
        tags: ['submissions'],
        consumes: ['application/gzip'],
        headers: CreatingUploadHeaders,
        params: AssignmentParams,
        querystring: Type.Object({
          notebook: NotebookQuery,
          student: Type.Optional({ ...UserName, description: 'Whose work it is (instructors)' }),
          timestamp: Type.Optional(timeOf('When it came by another way (instructors)')),
        }),
        response: { 200: ref(ReceiptBody, FIRST_ANSWER), 201: ref(ReceiptBody) },
        'x-refusals': ['conflict', 'not_found', ...UPLOAD_REFUSALS],
      },
    },
    async (request, reply) => {
      const receivedAt = exchange.now()
      const { assignment, course } = request.params
      const { notebook, student, timestamp } = request.query
      const member = await memberFor(request, options, course)
      if (timestamp !== undefined && student === undefined) {
        throw new ExchangeError('timestamp_alone')
      }
      const upload = stillAuthorised(rawUpload(request), { request, options, member })
      const made = await submit(exchange, member, {
        assignmentCode: assignment,
        upload,
        receivedAt,
        notebooks: () => notebook,
        onBehalf: student === undefined ? undefined : { student, timestamp: timestamp ?? null },
        idempotencyKey: idempotencyKey(request),
      })
      return reply.code(made.created ? 201 : 200).send(toReceiptBody(made.receipt))
    },
  )

  app.get(
    '/submissions',
    {
      schema: {
        operationId: 'listSubmissions',
        summary: 'What students handed in, in the courses that I teach or in one of them',
        tags: ['submissions'],
        querystring: Type.Object({
          ...courseQuery,
          student: StudentQuery,
          latest: Type.Boolean({ default: false, description: 'Only the newest per student and assignment' }),
          before: Type.Optional(timeOf('Only what counts as handed in by then')),
          feedback: Type.Boolean({ default: false, description: 'With the feedback on each' }),
          ...pageQuery,
        }),
        response: { 200: ref(SubmissionPageBody) },
      },
    },
    async (request) => {
      const { assignment_id: assignmentCode, before, course_id: course, feedback, ...rest } = request.query
      const members = course
        ? [await instructorFor(request, options, course)]
        : (await membersFor(request, options, undefined)).filter((member) => member.isInstructor)
      const until = before === undefined ? undefined : parseTimestamp(before)
      const page = await listSubmissions(exchange, members, { ...rest, assignmentCode, before: until })
      if (!feedback) return { submissions: page.items.map(toSubmissionBody), next: page.next }
      const given = await listFeedbackOf(exchange, members, { assignmentCode })
      return {
        submissions: withFeedback(page.items, given).map(([submission, own]) => ({
          ...toSubmissionBody(submission),
          feedback: own.map(toFeedbackBody),
        })),
        next: page.next,
      }
    },
  )

  app.get(
    '/courses/:course/assignments/:assignment/submissions/:id',
    {
      schema: {
        operationId: 'getReceipt',
        summary: 'The receipt of one submission: my own, or any for an instructor',
        tags: ['submissions'],
        params: SubmissionParams,
        response: { 200: ref(ReceiptBody) },
        'x-refusals': ['not_found'],
      },
    },
    async (request) => {
      const { assignment: assignmentCode, course, id } = request.params
      const member = await memberFor(request, options, course)
      return toReceiptBody(await getSubmission(exchange, member, { assignmentCode, id }))
    },
  )

  app.get(
    '/courses/:course/assignments/:assignment/submissions/:id/content',
    {
      schema: {
        operationId: 'downloadSubmission',
        summary: 'The bytes as they were handed in; for an instructor this is collecting',
        tags: ['submissions'],
        headers: LinkableDownloadHeaders,
        params: SubmissionParams,
        response: linkableDownload('application/gzip'),
        'x-refusals': ['not_found'],
      },
    },
    async (request, reply) => {
      const { assignment: assignmentCode, course, id } = request.params
      const member = await memberFor(request, options, course)
      const file = await collect(exchange, member, { assignmentCode, id })
      const filename = `${assignmentCode}.tar.gz`
      return sendFileOrLink(request, reply, { ...file, contentType: 'application/gzip', filename })
    },
  )

  app.delete(
    '/courses/:course/assignments/:assignment/submissions/:id',
    {
      schema: {
        operationId: 'removeSubmission',
        summary: 'Take a submission out of the collection (instructors); the student still has it',
        tags: ['submissions'],
        params: SubmissionParams,
        response: { 204: DONE },
        'x-refusals': ['not_found'],
      },
    },
    async (request, reply) => {
      const { assignment: assignmentCode, course, id } = request.params
      await removeSubmission(exchange, await instructorFor(request, options, course), { assignmentCode, id })
      return reply.code(204).send(null)
    },
  )
}
