import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { ExchangeError } from '../../errors.ts'
import { type ActionRow, actionNamed, history } from '../../exchange/history.ts'
import { formatTimestamp } from '../../exchange/timestamps.ts'
import type { HttpOptions } from '../options.ts'
import { membersFor } from '../session.ts'
import { Next, pageQuery, refusals, Time } from './schemas.ts'
import { typed } from './typed.ts'

const ActionBody = Type.Object({
  action: Type.String(),
  at: Time,
  course_id: Type.String(),
  assignment_id: Type.String(),
  user: Type.String({ description: 'who did it' }),
  student: Type.Union([Type.String(), Type.Null()], { description: 'whose work it was' }),
  file: Type.Union([
    Type.Object({ id: Type.String(), version: Type.Union([Type.Integer(), Type.Null()]) }),
    Type.Null(),
  ]),
})

function toActionBody(row: ActionRow) {
  const id = row.release_id ?? row.submission_id ?? row.feedback_id
  return {
    action: row.action,
    at: formatTimestamp(Number(row.at)),
    course_id: row.course,
    assignment_id: row.assignment,
    user: row.user,
    student: row.student,
    file: id === null ? null : { id, version: row.release_version },
  }
}

export function historyRoutes(instance: FastifyInstance, options: HttpOptions): void {
  typed(instance).get(
    '/history',
    {
      schema: {
        summary: 'What happened, newest first: everything where I teach, elsewhere releases and my own',
        tags: ['history'],
        querystring: Type.Object({
          course_id: Type.Optional(Type.String()),
          assignment_id: Type.Optional(Type.String()),
          action: Type.Optional(Type.String()),
          student: Type.Optional(Type.String()),
          ...pageQuery,
        }),
        response: { 200: Type.Object({ actions: Type.Array(ActionBody), next: Next }), ...refusals },
      },
    },
    async (request) => {
      const {
        action,
        assignment_id: assignmentCode,
        course_id: course,
        cursor,
        limit,
        student,
      } = request.query
      const members = await membersFor(request, options, course)
      const rows = await history(options.exchange, members, {
        assignmentCode,
        student,
        limit,
        action: action === undefined ? undefined : actionNamed(action),
        before: cursor === undefined ? undefined : actionNumber(cursor),
        order: 'desc',
      })
      const last = rows.length === limit ? rows.at(-1) : undefined
      return { actions: rows.map(toActionBody), next: last ? String(last.id) : null }
    },
  )
}

function actionNumber(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor)
  throw new ExchangeError('invalid', 'This cursor was not made here; begin without one.')
}
