import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { fetchFeedback, giveFeedback, listFeedback } from '../../exchange/feedback.ts'
import { sendFile } from '../download.ts'
import type { HttpOptions } from '../options.ts'
import { instructorFor, memberFor, stillAuthorised } from '../session.ts'
import { rawUpload } from '../upload.ts'
import { UPLOAD_REFUSALS } from './refusals.ts'
import { FeedbackBody, FeedbackListBody, toFeedbackBody } from './schemas/feedback.ts'
import { DownloadHeaders, download, UploadHeaders } from './schemas/files.ts'
import { AssignmentParams, StudentQuery } from './schemas/parameters.ts'
import { Label, NotebookName, ref, UserName } from './schemas/values.ts'
import { typed } from './typed.ts'

const FeedbackParams = Type.Object({
  ...AssignmentParams.properties,
  student: UserName,
  timestamp: { ...Label, description: 'The label of the submission' },
  notebook: NotebookName,
})

export function feedbackRoutes(instance: FastifyInstance, options: HttpOptions): void {
  const app = typed(instance)
  const { exchange } = options
  const path = '/courses/:course/assignments/:assignment/feedback'

  app.put(
    `${path}/:student/:timestamp/:notebook`,
    {
      schema: {
        operationId: 'giveFeedback',
        summary: 'Give feedback on one notebook of one submission (instructors): HTML as raw body',
        tags: ['feedback'],
        consumes: ['text/html'],
        headers: UploadHeaders,
        params: FeedbackParams,
        response: {
          200: ref(FeedbackBody, 'A new version of it, or the same file again'),
          201: ref(FeedbackBody),
        },
        'x-refusals': ['not_found', ...UPLOAD_REFUSALS],
      },
    },
    async (request, reply) => {
      const { assignment: assignmentCode, course, ...name } = request.params
      const member = await instructorFor(request, options, course)
      const upload = stillAuthorised(rawUpload(request), { request, options, member })
      const given = await giveFeedback(exchange, member, { ...name, assignmentCode, upload })
      return reply.code(given.created ? 201 : 200).send(toFeedbackBody(given.feedback))
    },
  )

  app.get(
    path,
    {
      schema: {
        operationId: 'listFeedback',
        summary: "The current feedback: a student's own, or everybody's for an instructor",
        tags: ['feedback'],
        params: AssignmentParams,
        querystring: Type.Object({ student: StudentQuery }),
        response: { 200: ref(FeedbackListBody) },
        'x-refusals': ['not_found'],
      },
    },
    async (request) => {
      const { assignment: assignmentCode, course } = request.params
      const member = await memberFor(request, options, course)
      const found = await listFeedback(exchange, member, { assignmentCode, student: request.query.student })
      return { feedback: found.map(toFeedbackBody) }
    },
  )

  app.get(
    `${path}/:student/:timestamp/:notebook`,
    {
      schema: {
        operationId: 'downloadFeedback',
        summary: 'One feedback file; always an attachment, never a page of ours',
        tags: ['feedback'],
        headers: DownloadHeaders,
        params: FeedbackParams,
        response: download('text/html'),
        'x-refusals': ['not_found'],
      },
    },
    async (request, reply) => {
      const { assignment: assignmentCode, course, ...name } = request.params
      const member = await memberFor(request, options, course)
      const file = await fetchFeedback(exchange, member, { ...name, assignmentCode })
      const filename = `${name.notebook}.html`
      return sendFile(request, reply, { ...file, contentType: 'text/html; charset=utf-8', filename })
    },
  )
}
