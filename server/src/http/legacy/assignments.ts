import type { FastifyInstance } from 'fastify'
import { type Assignment, listAssignments, purge, unrelease } from '../../exchange/assignments.ts'
import { type Feedback, listFeedbackOf, matchFeedback } from '../../exchange/feedback.ts'
import { type ActionLine, ownHistory } from '../../exchange/history.ts'
import type { Member } from '../../exchange/members.ts'
import { fetchAssignment, release } from '../../exchange/releases.ts'
import { formatTimestamp } from '../../exchange/timestamps.ts'
import { sendFile } from '../download.ts'
import { identify } from '../identity.ts'
import { multipartUpload } from '../multipart.ts'
import type { HttpOptions } from '../options.ts'
import { queryOf } from '../query.ts'
import { stillAuthorised } from '../session.ts'
import { required, requireFile } from './parameters.ts'
import { actionPath } from './paths.ts'
import { legacyInstructor, legacyMember } from './session.ts'

export function legacyAssignmentRoutes(app: FastifyInstance, options: HttpOptions): void {
  const { exchange, userPlugin } = options

  app.get('/assignments', { config: { refusal: { value: [] } } }, async (request) => {
    await identify(request, userPlugin)
    const { course_id } = required((name) => queryOf(request).first(name), ['course_id'])
    return { success: true, value: await items(options, await legacyMember(request, options, course_id)) }
  })

  app.get('/assignment', async (request, reply) => {
    await identify(request, userPlugin)
    const names = ['course_id', 'assignment_id'] as const
    const { assignment_id, course_id } = required((name) => queryOf(request).first(name), names)
    const member = await legacyMember(request, options, course_id)
    const file = await fetchAssignment(exchange, member, { assignmentCode: assignment_id, version: null })
    return sendFile(request, reply, { ...file, contentType: 'application/gzip' })
  })

  app.post('/assignment', async (request) => {
    await identify(request, userPlugin)
    const form = await multipartUpload(request, {
      fileField: 'assignment',
      maxBytes: options.settings.maxBufferSize,
    })
    const { assignment_id, course_id } = required(form.field, ['course_id', 'assignment_id'])
    const member = await legacyInstructor(request, options, course_id)
    await release(exchange, member, {
      assignmentCode: assignment_id,
      upload: stillAuthorised(requireFile(form.upload), { request, options, member }),
      notebooks: () => form.values('notebooks'),
      force: true,
    })
    return { success: true, note: `Released ${assignment_id} in ${course_id}` }
  })

  app.delete('/assignment', async (request) => {
    await identify(request, userPlugin)
    const query = queryOf(request)
    const { assignment_id, course_id } = required((name) => query.first(name), ['course_id', 'assignment_id'])
    const member = await legacyInstructor(request, options, course_id)
    const purging = ['true', '1', 'yes'].includes((query.first('purge') ?? '').toLowerCase())
    await (purging ? purge : unrelease)(exchange, member, assignment_id)
    return { success: true, note: `${assignment_id} in ${course_id} is ${purging ? 'purged' : 'unreleased'}` }
  })
}

/** One item per action: every release, and what the member did. */
async function items({ exchange }: HttpOptions, member: Member) {
  const [assignments, actions, feedback] = await Promise.all([
    listAssignments(exchange, [member]),
    ownHistory(exchange, member),
    listFeedbackOf(exchange, [member], { userId: member.userId }),
  ])
  const visible = new Map(assignments.map((assignment) => [assignment.id, assignment]))
  const given = feedbackByTime(actions, feedback)
  return actions.flatMap((row) => {
    const assignment = visible.get(row.assignment_id)
    if (!assignment || !isShown(row, { assignment, member })) return []
    const own =
      row.action === 'submitted' ? (given.get(row.assignment_id)?.get(row.stated_at ?? -1) ?? []) : []
    return [
      {
        assignment_id: assignment.code,
        student_id: row.user_id,
        course_id: member.courseCode,
        status: row.action,
        path: actionPath([member.orgId, member.courseCode, assignment.code], row),
        notebooks: assignment.release.notebooks.map((name) => notebook(name, own)),
        timestamp: formatTimestamp(Number((row.action === 'submitted' && row.stated_at) || row.at)),
      },
    ]
  })
}

/** Old clients know nothing of taking back; a hand-in is its owner's, whoever carried it. */
function isShown(
  row: ActionLine,
  { assignment, member }: { assignment: Assignment; member: Member },
): boolean {
  if (['removed', 'restored', 'purged'].includes(row.action)) return false
  if (row.action === 'released') return assignment.released
  return row.action !== 'submitted' || row.owner === member.userName
}

function feedbackByTime(actions: readonly ActionLine[], feedback: readonly Feedback[]) {
  const submitted = actions.filter((row) => row.action === 'submitted')
  const work = Map.groupBy(submitted, (row) => row.assignment_id)
  const given = Map.groupBy(feedback, (one) => one.assignmentId)
  return new Map(
    [...work].map(([id, rows]) => {
      const matched = matchFeedback(
        rows.map((row) => ({ statedAt: Number(row.stated_at) })),
        given.get(id) ?? [],
      )
      return [id, new Map([...matched].map(([work, own]) => [work.statedAt, own]))]
    }),
  )
}

function notebook(name: string, feedback: readonly Feedback[]) {
  const own = feedback.find((one) => one.notebook === name)
  return {
    notebook_id: name,
    has_exchange_feedback: own !== undefined,
    feedback_updated: false,
    feedback_timestamp: own?.timestamp ?? null,
  }
}
