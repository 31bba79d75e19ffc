import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { ExchangeError } from '../../errors.ts'
import {
  type Feedback,
  giveFeedback,
  listFeedback,
  openFeedback,
  requireNotebook,
} from '../../exchange/feedback.ts'
import { knownStudent } from '../../exchange/lookup.ts'
import type { Member } from '../../exchange/members.ts'
import { identify } from '../identity.ts'
import { multipartUpload } from '../multipart.ts'
import type { HttpOptions } from '../options.ts'
import { queryOf } from '../query.ts'
import { stillAuthorised } from '../session.ts'
import { required, requireFile } from './parameters.ts'
import { legacyInstructor, legacyMember } from './session.ts'

const NAMES = ['course_id', 'assignment_id', 'notebook', 'student', 'timestamp', 'checksum'] as const

export function legacyFeedbackRoutes(app: FastifyInstance, options: HttpOptions): void {
  const { exchange, userPlugin } = options

  app.post('/feedback', { config: { notFound: 404 } }, async (request) => {
    await identify(request, userPlugin)
    const form = await multipartUpload(request, {
      fileField: 'feedback',
      maxBytes: options.settings.maxBufferSize,
    })
    const wanted = required(form.field, NAMES)
    const { assignment_id: assignmentCode, checksum, notebook, student, timestamp } = wanted
    const member = await legacyInstructor(request, options, wanted.course_id)
    await requireNotebook(exchange, member, { assignmentCode, notebook })
    await knownStudent(exchange.database, member, student)
    const upload = stillAuthorised(requireFile(form.upload), { request, options, member })
    await giveFeedback(exchange, member, { assignmentCode, notebook, student, timestamp, checksum, upload })
    return { success: true, note: `Feedback released for ${student}` }
  })

  app.get('/feedback', { config: { notFound: 404 } }, async (request, reply) => {
    await identify(request, userPlugin)
    const names = ['course_id', 'assignment_id'] as const
    const { assignment_id, course_id } = required((name) => queryOf(request).first(name), names)
    const member = await legacyMember(request, options, course_id).catch(notMember)
    const wanted = { assignmentCode: assignment_id, student: member.userName }
    const feedback = await listFeedback(exchange, member, wanted)
    reply.type('application/json; charset=utf-8')
    return reply.send(Readable.from(body(options, member, feedback), { objectMode: false }))
  })
}

/** This one call has always told "no such course" by 404; who is not a member is told the same. */
function notMember(error: unknown): never {
  if (!(error instanceof ExchangeError) || error.reason !== 'not_member') throw error
  throw new ExchangeError('no_such_course', { course: String(error.params.course) }, { cause: error })
}

/** The answer piece by piece, so that no feedback stands in memory whole. A file that is gone is named in `missing`. */
async function* body(options: HttpOptions, member: Member, feedback: readonly Feedback[]) {
  const missing: string[] = []
  yield '{"success":true,"feedback":['
  let separator = ''
  for (const one of feedback) {
    const filename = `${one.notebook}.html`
    const stream = await openFeedback(options.exchange, member, one)
      .open()
      .catch((error: unknown) => {
        options.log.error({ err: error, feedback: one.id }, 'a feedback file cannot be read')
        missing.push(filename)
        return null
      })
    if (stream === null) continue
    yield `${separator}{"content":"`
    yield* base64(stream)
    const { timestamp } = one
    yield `",${JSON.stringify({ filename, timestamp, checksum: one.checksum ?? one.sha256 }).slice(1)}`
    separator = ','
  }
  yield missing.length > 0 ? `],"missing":${JSON.stringify(missing)}}` : ']}'
}

async function* base64(stream: Readable): AsyncGenerator<string> {
  let rest = Buffer.alloc(0)
  for await (const chunk of stream) {
    const bytes = Buffer.concat([rest, chunk as Buffer])
    const whole = bytes.length - (bytes.length % 3)
    yield bytes.subarray(0, whole).toString('base64')
    rest = bytes.subarray(whole)
  }
  yield rest.toString('base64')
}
