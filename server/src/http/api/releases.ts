import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { fetchAssignment, listReleases, release } from '../../exchange/releases.ts'
import type { HttpOptions } from '../options.ts'
import { instructorFor, memberFor, stillAuthorised } from '../session.ts'
import { rawUpload } from '../upload.ts'
import { sendFileOrLink } from './file-or-link.ts'
import { idempotencyKey } from './idempotency.ts'
import { refusals } from './schemas/errors.ts'
import { AssignmentParams } from './schemas/parameters.ts'
import { ReleaseBody, ReleaseListBody, toReleaseBody } from './schemas/releases.ts'
import { NotebookQuery, ref } from './schemas/values.ts'
import { typed } from './typed.ts'

export function releaseRoutes(instance: FastifyInstance, options: HttpOptions): void {
  const app = typed(instance)
  const { exchange } = options

  app.post(
    '/courses/:course/assignments/:assignment/releases',
    {
      schema: {
        operationId: 'releaseAssignment',
        summary: 'Release an assignment (instructors): a gzipped tar as raw body',
        tags: ['releases'],
        consumes: ['application/gzip'],
        params: AssignmentParams,
        querystring: Type.Object({
          notebook: NotebookQuery,
          force: Type.Boolean({
            default: false,
            description: 'release a new version although it is released',
          }),
        }),
        response: { 200: ref(ReleaseBody), 201: ref(ReleaseBody), ...refusals },
      },
    },
    async (request, reply) => {
      const { assignment, course } = request.params
      const member = await instructorFor(request, options, course)
      const upload = stillAuthorised(rawUpload(request), { request, options, member })
      const { force, notebook } = request.query
      const made = await release(exchange, member, {
        assignmentCode: assignment,
        upload,
        notebooks: () => notebook,
        force,
        idempotencyKey: idempotencyKey(request),
      })
      return reply.code(made.created ? 201 : 200).send(toReleaseBody(made.release))
    },
  )

  app.get(
    '/courses/:course/assignments/:assignment/releases',
    {
      schema: {
        operationId: 'listReleases',
        summary: 'The releases, newest first; a student sees the newest',
        tags: ['releases'],
        params: AssignmentParams,
        response: { 200: ref(ReleaseListBody), ...refusals },
      },
    },
    async (request) => {
      const { assignment, course } = request.params
      const member = await memberFor(request, options, course)
      return { releases: (await listReleases(exchange, member, assignment)).map(toReleaseBody) }
    },
  )

  app.get(
    '/courses/:course/assignments/:assignment/releases/:version/content',
    {
      schema: {
        operationId: 'downloadRelease',
        summary: 'The files of one version, or of `latest`, as they were released',
        tags: ['releases'],
        produces: ['application/gzip'],
        params: Type.Object({
          ...AssignmentParams.properties,
          version: Type.String({ pattern: '^(latest|[1-9][0-9]{0,8})$' }),
        }),
      },
    },
    async (request, reply) => {
      const { assignment, course, version } = request.params
      const member = await memberFor(request, options, course)
      const wanted = { assignmentCode: assignment, version: version === 'latest' ? null : Number(version) }
      const file = await fetchAssignment(exchange, member, wanted)
      return sendFileOrLink(request, reply, {
        open: file.open,
        link: file.link,
        stored: file.stored,
        contentType: 'application/gzip',
        filename: `${assignment}.tar.gz`,
      })
    },
  )
}
