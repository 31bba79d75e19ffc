import { type FastifyInstance, fastify } from 'fastify'
import { answerBeforeBody } from './answer-first.ts'
import { assignmentRoutes } from './api/assignments.ts'
import { courseRoutes } from './api/courses.ts'
import { feedbackRoutes } from './api/feedback.ts'
import { feedbackBatchRoutes } from './api/feedback-batch.ts'
import { historyRoutes } from './api/history.ts'
import { meRoutes } from './api/me.ts'
import { releaseRoutes } from './api/releases.ts'
import { submissionRoutes } from './api/submissions.ts'
import { holdContinue } from './body.ts'
import { describeApi } from './description.ts'
import { sendError, sendLegacyError } from './errors.ts'
import {
  addSecurityHeaders,
  observe,
  refuseForeignWrites,
  refuseOddAddresses,
  refuseWhileClosing,
  serverOptions,
} from './guards.ts'
import { healthRoutes } from './health.ts'
import { identify } from './identity.ts'
import { legacyAssignmentRoutes } from './legacy/assignments.ts'
import { legacyCollectionRoutes } from './legacy/collections.ts'
import { legacyFeedbackRoutes } from './legacy/feedback.ts'
import { legacyHistoryRoutes } from './legacy/history.ts'
import { homeRoutes } from './legacy/home.ts'
import { legacySubmissionRoutes } from './legacy/submissions.ts'
import { legacyUnsupportedRoutes } from './legacy/unsupported.ts'
import { acceptMultipart } from './multipart.ts'
import { answerUnknownRoutes } from './not-found.ts'
import type { GuardOptions, HttpOptions } from './options.ts'
import { loseSlowClients } from './patience.ts'
import { queryOf } from './query.ts'
import { signInRoutes } from './sign-in.ts'
import { leaveBodiesAlone } from './upload.ts'

type Guard = (app: FastifyInstance, options: GuardOptions) => void

/** In front of every route, in this order. */
const GUARDS: readonly Guard[] = [
  observe,
  loseSlowClients,
  refuseWhileClosing,
  refuseOddAddresses,
  refuseForeignWrites,
  leaveBodiesAlone,
  acceptMultipart,
  addSecurityHeaders,
  answerBeforeBody,
]

type Routes = (app: FastifyInstance, options: HttpOptions) => void

/** Below `{baseUrl}api/v1`. Whoever is not signed in gets no further than the first hook. */
const API: readonly Routes[] = [
  meRoutes,
  courseRoutes,
  assignmentRoutes,
  releaseRoutes,
  submissionRoutes,
  feedbackRoutes,
  feedbackBatchRoutes,
  historyRoutes,
]

/** Below `{baseUrl}`, for clients of nbexchange 1.x and 2.x; each route asks who is there when the old order says so. */
const LEGACY: readonly Routes[] = [
  homeRoutes,
  legacyAssignmentRoutes,
  legacySubmissionRoutes,
  legacyCollectionRoutes,
  legacyFeedbackRoutes,
  legacyHistoryRoutes,
  legacyUnsupportedRoutes,
]

/** The HTTP side of the service, not yet listening. `close()` finishes what is under way. */
export function createServer(options: HttpOptions): FastifyInstance {
  const app = bareServer(options)
  const { baseUrl } = options.settings
  const base = baseUrl.slice(0, -1)
  answerUnknownRoutes(app, `${baseUrl}api/`)
  describeApi(app, options)
  app.register(async (scope) => healthRoutes(scope, options))
  const { browser } = options.userPlugin
  if (browser) app.register(async (scope) => signInRoutes(scope, { ...options, browser }), { prefix: base })
  app.register(
    async (scope) => {
      scope.addHook('onRequest', async (request) => void (await identify(request, options.userPlugin)))
      scope.addHook('preValidation', async (request) => void queryOf(request))
      for (const routes of API) routes(scope, options)
    },
    { prefix: `${base}/api/v1` },
  )
  app.register(
    async (scope) => {
      scope.removeContentTypeParser('application/json')
      scope.setErrorHandler(sendLegacyError)
      scope.addHook('onRoute', (route) => {
        route.schema = { hide: true, ...route.schema }
      })
      for (const routes of LEGACY) routes(scope, options)
    },
    { prefix: base },
  )
  return app
}

/** A server with every guard and no route: what all routes, and the tests of the guards, stand on. */
export function bareServer(options: GuardOptions): FastifyInstance {
  const app: FastifyInstance = fastify(serverOptions(options))
  app.setErrorHandler(sendError)
  holdContinue(app.server, app.routing)
  for (const guard of GUARDS) guard(app, options)
  return app
}
