import type { FastifyInstance } from 'fastify'
import { FEATURES } from '../../features.ts'
import type { HttpOptions } from '../options.ts'

/**
 * `GET {baseUrl}`: the name and version, which old deployments use as a liveness probe. Whoever asks for JSON is told
 * version and features.
 */
export function homeRoutes(app: FastifyInstance, options: HttpOptions): void {
  app.get('/', async (request, reply) => {
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
