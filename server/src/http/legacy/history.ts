import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type Assignment, listAssignments } from '../../exchange/assignments.ts'
import { type ActionLine, historyReader, oldActionNamed, rememberedMembers } from '../../exchange/history.ts'
import { type Member, membersOf } from '../../exchange/members.ts'
import { formatTimestamp } from '../../exchange/timestamps.ts'
import { identify } from '../identity.ts'
import type { HttpOptions } from '../options.ts'
import { queryOf } from '../query.ts'
import { type AssignmentPlace, actionPath } from './paths.ts'
import { requireCourses } from './session.ts'

export function legacyHistoryRoutes(app: FastifyInstance, options: HttpOptions): void {
  const { exchange, userPlugin } = options

  app.get('/history', { config: { refusal: { value: [] } } }, async (request, reply) => {
    const person = await identify(request, userPlugin)
    const query = queryOf(request)
    const word = query.first('action')
    const action = word === undefined ? undefined : oldActionNamed(word)
    requireCourses(person)
    await membersOf(exchange, person)
    const wanted = courseFilter(query.first('course_code'), query.first('course_id'))
    const members = (await rememberedMembers(exchange, person)).filter(wanted)
    const assignments = (await listAssignments(exchange, members)).filter(({ released }) => released)
    const inCourse = Map.groupBy(assignments, ({ courseId }) => courseId)
    const courses = members.map((member) => ({ member, assignments: inCourse.get(member.courseId) ?? [] }))
    const assignmentIds = courses.flatMap((course) => course.assignments.map(({ id }) => id))
    const read = await historyReader(exchange, members, { action, assignmentIds })
    const answer = Readable.from(textOf(courses, read), { objectMode: false })
    answer.once('error', (error) => {
      if (!request.raw.socket.destroyed) request.log.error({ err: error }, 'the history broke off')
    })
    return reply.type('application/json; charset=utf-8').send(answer)
  })
}

/**
 * 1.5 filters by `course_code` and ignores a `course_id`; 2.0 filters by `course_id` too, which in these answers
 * is a number. So a number filters, and a code in its place does not.
 */
function courseFilter(code: string | undefined, id: string | undefined) {
  return (member: Member) =>
    (code === undefined || member.courseCode === code) &&
    (id === undefined || !/^\d+$/.test(id) || member.courseId === Number(id))
}

interface Course {
  member: Member
  assignments: readonly Assignment[]
}

type Read = (assignmentId: number) => AsyncIterable<readonly ActionLine[]>

/** The answer in JSON, written while it is read: of a large class it is longer than memory should be asked for. */
async function* textOf(courses: readonly Course[], read: Read): AsyncGenerator<string> {
  yield '{"success":true,"value":['
  for (const [index, { assignments, member }] of courses.entries()) {
    const roles = { role: { [member.role]: 1 }, user_id: { [member.userId]: 1 } }
    yield `${index > 0 ? ',' : ''}${opened(roles)},"assignments":[`
    for (const [at, assignment] of assignments.entries()) {
      if (at > 0) yield ','
      yield* textOfAssignment(member, assignment, read)
    }
    yield `],${continued({
      isInstructor: member.isInstructor,
      course_id: member.courseId,
      course_code: member.courseCode,
      course_title: member.courseTitle ?? 'no_title',
    })}`
  }
  yield ']}'
}

async function* textOfAssignment(member: Member, { code, id }: Assignment, read: Read) {
  const counts: Record<string, number> = {}
  const place = [member.orgId, member.courseCode, code] as const
  yield `${opened({ assignment_id: id, assignment_code: code })},"actions":[`
  let comma = ''
  for await (const rows of read(id)) {
    if (rows.length === 0) continue
    for (const { action } of rows) counts[action] = (counts[action] ?? 0) + 1
    yield comma + JSON.stringify(rows.map((row) => item(place, row))).slice(1, -1)
    comma = ','
  }
  yield `],${continued({ action_summary: counts })}`
}

/** An object in JSON without its end. */
function opened(fields: object): string {
  return JSON.stringify(fields).slice(0, -1)
}

/** An object in JSON without its beginning. */
function continued(fields: object): string {
  return JSON.stringify(fields).slice(1)
}

function item(place: AssignmentPlace, row: ActionLine) {
  return {
    action: `AssignmentActions.${row.action}`,
    timestamp: formatTimestamp(Number((row.action === 'submitted' && row.stated_at) || row.at)),
    user: row.action === 'submitted' ? (row.owner ?? row.user) : row.user,
    path: actionPath(place, row),
  }
}
