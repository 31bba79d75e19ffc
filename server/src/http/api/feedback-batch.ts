import type { FastifyInstance } from 'fastify'
import { ExchangeError } from '../../errors.ts'
import { type FeedbackName, giveFeedback } from '../../exchange/feedback.ts'
import type { Member } from '../../exchange/members.ts'
import { isReadableName } from '../../exchange/names.ts'
import { errorBody } from '../errors.ts'
import { type FormFile, filesOf } from '../form-files.ts'
import type { HttpOptions } from '../options.ts'
import { instructorFor } from '../session.ts'
import { FeedbackBatchBody, type FeedbackResult, toFeedbackBody } from './schemas/feedback.ts'
import { AssignmentParams } from './schemas/parameters.ts'
import { ref } from './schemas/values.ts'
import { typed } from './typed.ts'

/** Many feedback files in one request. Each is stored or refused for itself; sending all again is safe. */
export function feedbackBatchRoutes(instance: FastifyInstance, options: HttpOptions): void {
  typed(instance).post(
    '/courses/:course/assignments/:assignment/feedback',
    {
      schema: {
        operationId: 'giveFeedbackBatch',
        summary: 'Give feedback on many notebooks (instructors)',
        description:
          'A form whose files are named `student/timestamp/notebook`, each of the three percent-encoded.',
        tags: ['feedback'],
        consumes: ['multipart/form-data'],
        params: AssignmentParams,
        response: { 200: ref(FeedbackBatchBody) },
        'x-refusals': ['not_found', 'storage_full', 'unsupported'],
      },
    },
    async (request) => {
      const { assignment, course } = request.params
      const member = await instructorFor(request, options, course)
      const results: FeedbackResult[] = []
      for await (const file of filesOf(request)) {
        results.push(await give({ options, member, assignmentCode: assignment }, file))
      }
      return { results }
    },
  )
}

async function give(
  to: { options: HttpOptions; member: Member; assignmentCode: string },
  file: FormFile,
): Promise<FeedbackResult> {
  const name = nameOf(to.assignmentCode, file.name)
  try {
    const upload = { source: file.source }
    const { feedback } = await giveFeedback(to.options.exchange, to.member, { ...name, upload })
    return toFeedbackBody(feedback)
  } catch (error) {
    // What is wrong with this one file goes into its result; an outage, or a broken form, ends the request.
    if (!(error instanceof ExchangeError) || file.failed()) throw error
    if (error.code === 'unavailable' || error.code === 'storage_full') throw error
    const { notebook: notebook_id, student, timestamp } = name
    return { student, timestamp, notebook_id, ...errorBody(error) }
  }
}

function nameOf(assignmentCode: string, field: string): FeedbackName {
  const name = field.slice(0, 60)
  try {
    const names = field.split('/').map(decodeURIComponent)
    const [student, timestamp, notebook] = names
    if (student && timestamp && notebook && names.length === 3 && names.every(isReadableName)) {
      return { assignmentCode, student, timestamp, notebook }
    }
  } catch (cause) {
    throw new ExchangeError('feedback_misnamed', { name }, { cause })
  }
  throw new ExchangeError('feedback_misnamed', { name })
}
