import type { FastifyInstance } from 'fastify'
import { ExchangeError } from '../../errors.ts'
import { type Assignment, listAssignments } from '../../exchange/assignments.ts'
import { type ActionRow, actionNamed, history, rememberedMembers } from '../../exchange/history.ts'
import { type Member, membersOf } from '../../exchange/members.ts'
import { formatTimestamp } from '../../exchange/timestamps.ts'
import { LegacyRefusal } from '../errors.ts'
import { identify } from '../identity.ts'
import type { HttpOptions } from '../options.ts'
import { queryOf } from '../query.ts'
import { actionPath } from './paths.ts'
import { requireCourses } from './session.ts'

export function legacyHistoryRoutes(app: FastifyInstance, options: HttpOptions): void {
  const { exchange, userPlugin } = options

  app.get('/history', { config: { refusal: { value: [] } } }, async (request) => {
    const person = await identify(request, userPlugin)
    const query = queryOf(request)
    const action = legacyAction(query.first('action'))
    requireCourses(person)
    await membersOf(exchange, person)
    const wanted = courseFilter(query.first('course_code'), query.first('course_id'))
    const members = (await rememberedMembers(exchange, person)).filter(wanted)
    const [assignments, actions] = await Promise.all([
      listAssignments(exchange, members),
      history(exchange, members, { action, order: 'asc' }),
    ])
    const released = assignments.filter((assignment) => assignment.released)
    const done = Map.groupBy(actions, (row) => row.assignment_id)
    const value = members.map((member) => course(member, { assignments: released, done }))
    return { success: true, value }
  })
}

function legacyAction(word: string | undefined) {
  try {
    return word === undefined ? undefined : actionNamed(word)
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error
    throw new LegacyRefusal('refused', error.message)
  }
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

interface Recorded {
  assignments: readonly Assignment[]
  done: ReadonlyMap<number, readonly ActionRow[]>
}

function course(member: Member, recorded: Recorded) {
  return {
    role: { [member.role]: 1 },
    user_id: { [member.userId]: 1 },
    assignments: recorded.assignments
      .filter((assignment) => assignment.courseId === member.courseId)
      .map((assignment) => {
        const rows = recorded.done.get(assignment.id) ?? []
        const counts = Map.groupBy(rows, (row) => row.action)
        return {
          assignment_id: assignment.id,
          assignment_code: assignment.code,
          actions: rows.map((row) => ({
            action: `AssignmentActions.${row.action}`,
            timestamp: (row.action === 'submitted' && row.timestamp) || formatTimestamp(Number(row.at)),
            user: row.action === 'submitted' ? (row.owner ?? row.user) : row.user,
            path: actionPath(member.orgId, row),
          })),
          action_summary: Object.fromEntries([...counts].map(([action, some]) => [action, some.length])),
        }
      }),
    isInstructor: member.isInstructor,
    course_id: member.courseId,
    course_code: member.courseCode,
    course_title: member.courseTitle ?? 'no_title',
  }
}
