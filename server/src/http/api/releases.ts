import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { fetchAssignment, listReleases, release } from '../../exchange/releases.ts'
import type { HttpOptions } from '../options.ts'
import { instructorFor, memberFor, stillAuthorised } from '../session.ts'
import { rawUpload } from '../upload.ts'
import { sendFileOrLink } from './file-or-link.ts'
import { idempotencyKey } from './idempotency.ts'
import { UPLOAD_REFUSALS } from './refusals.ts'
import {
  CreatingUploadHeaders,
  FIRST_ANSWER,
  LinkableDownloadHeaders,
  linkableDownload,
} from './schemas/files.ts'
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
        headers: CreatingUploadHeaders,
        params: AssignmentParams,
        querystring: Type.Object({
          notebook: NotebookQuery,
          force: Type.Boolean({
            default: false,
            description: 'Release a new version although it is released',
          }),
        }),
        response: { 200: ref(ReleaseBody, FIRST_ANSWER), 201: ref(ReleaseBody) },
        'x-refusals': ['conflict', 'not_found', ...UPLOAD_REFUSALS],
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
        response: { 200: ref(ReleaseListBody) },
        'x-refusals': ['not_found'],
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
        headers: LinkableDownloadHeaders,
        params: Type.Object({
          ...AssignmentParams.properties,
          version: Type.String({
            pattern: '^(latest|[1-9][0-9]{0,8})$',
            description: 'The number of a version, or `latest`',
            examples: ['latest'],
          }),
        }),
        response: linkableDownload('application/gzip'),
        'x-refusals': ['not_found'],
      },
    },
    async (request, reply) => {
      const { assignment, course, version } = request.params
      const member = await memberFor(request, options, course)
      const wanted = { assignmentCode: assignment, version: version === 'latest' ? null : Number(version) }
      const file = await fetchAssignment(exchange, member, wanted)
      return sendFileOrLink(request, reply, {
        open: file.open,
        confirm: file.confirm,
        link: file.link,
        stored: file.stored,
        contentType: 'application/gzip',
        filename: `${assignment}.tar.gz`,
      })
    },
  )
}
