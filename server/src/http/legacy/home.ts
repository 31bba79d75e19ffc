import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { FEATURES } from '../../features.ts'
import { ServiceBody } from '../api/schemas/home.ts'
import { ref } from '../api/schemas/values.ts'
import type { HttpOptions } from '../options.ts'

/**
 * `GET {baseUrl}`: the name and version, which old deployments use as a liveness probe. Whoever asks for JSON is told
 * version and features.
 */
export function homeRoutes(app: FastifyInstance, options: HttpOptions): void {
  const schema = {
    hide: false,
    operationId: 'getService',
    summary: 'Which service this is; for everybody',
    description: 'JSON only for `Accept: application/json`; all others get one line of text, as of old.',
    tags: ['service'],
    security: [],
    response: {
      200: {
        description: 'Version and features',
        content: {
          'application/json': { schema: ref(ServiceBody) },
          'text/plain': { schema: Type.String({ examples: ['NbExchange 0.1.0'] }) },
        },
      },
    },
  }

  app.get('/', { schema }, async (request, reply) => {
    reply.header('vary', 'Accept')
    if (asksForJson(request.headers.accept)) return { version: options.version, features: FEATURES }
    reply.type('text/plain; charset=utf-8')
    return `NbExchange ${options.version}`
  })
}

/** By its name: anything at all, or nothing said, is the plain line. */
function asksForJson(accept = ''): boolean {
  const types = accept.split(',').map((type) => type.split(';', 1)[0]?.trim().toLowerCase())
  return types.includes('application/json')
}
