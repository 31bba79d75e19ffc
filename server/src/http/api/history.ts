import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { ExchangeError } from '../../errors.ts'
import { actionNamed, history } from '../../exchange/history.ts'
import type { HttpOptions } from '../options.ts'
import { membersFor } from '../session.ts'
import { ActionPageBody, toActionBody } from './schemas/history.ts'
import { courseQuery, pageQuery, StudentQuery } from './schemas/parameters.ts'
import { ref } from './schemas/values.ts'
import { typed } from './typed.ts'

export function historyRoutes(instance: FastifyInstance, options: HttpOptions): void {
  typed(instance).get(
    '/history',
    {
      schema: {
        operationId: 'listHistory',
        summary: 'What happened, newest first: everything where I teach, elsewhere releases and my own',
        tags: ['history'],
        querystring: Type.Object({
          ...courseQuery,
          action: Type.Optional(Type.String({ description: 'Only this action', examples: ['submitted'] })),
          student: StudentQuery,
          ...pageQuery,
        }),
        response: { 200: ref(ActionPageBody) },
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
  throw new ExchangeError('cursor_unknown')
}
