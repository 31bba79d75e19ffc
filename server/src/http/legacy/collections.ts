import type { FastifyInstance } from 'fastify'
import { ExchangeError } from '../../errors.ts'
import { listAssignments } from '../../exchange/assignments.ts'
import { collect, getSubmission, listSubmissions } from '../../exchange/collections.ts'
import type { Member } from '../../exchange/members.ts'
import type { Submission } from '../../exchange/receipts.ts'
import { sendFile } from '../download.ts'
import { identify } from '../identity.ts'
import type { HttpOptions } from '../options.ts'
import { queryOf } from '../query.ts'
import { required } from './parameters.ts'
import { submissionIdIn, submissionPath } from './paths.ts'
import { legacyInstructor } from './session.ts'

export function legacyCollectionRoutes(app: FastifyInstance, options: HttpOptions): void {
  const { exchange, userPlugin } = options

  app.get('/collections', async (request) => {
    await identify(request, userPlugin)
    const query = queryOf(request)
    const { assignment_id, course_id } = required((name) => query.first(name), ['course_id', 'assignment_id'])
    const member = await legacyInstructor(request, options, course_id)
    const filter = { assignmentCode: assignment_id, student: query.first('user_id') }
    const [[assignment], { items }] = await Promise.all([
      listAssignments(exchange, [member], { assignmentCode: assignment_id }),
      listSubmissions(exchange, [member], filter),
    ])
    const notebooks = (assignment?.release.notebooks ?? []).map((name) => ({ notebook_id: name }))
    return { success: true, value: items.map((submission) => item(member, submission, notebooks)) }
  })

  app.get('/collection', { config: { notFound: 404 } }, async (request, reply) => {
    await identify(request, userPlugin)
    const names = ['course_id', 'assignment_id', 'path'] as const
    const { assignment_id, course_id, path } = required((name) => queryOf(request).first(name), names)
    const member = await legacyInstructor(request, options, course_id)
    const wanted = { assignmentCode: assignment_id, id: submissionIdIn(path) ?? '' }
    const receipt = await getSubmission(exchange, member, wanted)
    if (submissionPath(member.orgId, receipt) !== path) {
      throw new ExchangeError('no_submission', { course: course_id, assignment: assignment_id })
    }
    const file = await collect(exchange, member, wanted)
    return sendFile(request, reply, { ...file, contentType: 'application/gzip' })
  })
}

function item(member: Member, submission: Submission, notebooks: readonly { notebook_id: string }[]) {
  return {
    student_id: submission.student,
    full_name: submission.fullName,
    email: submission.email,
    lms_user_id: submission.lmsUserId,
    assignment_id: submission.assignmentCode,
    course_id: submission.courseCode,
    status: 'submitted',
    path: submissionPath(member.orgId, submission),
    notebooks,
    timestamp: submission.timestamp,
  }
}
