import type { FastifyInstance } from 'fastify'
import type { HttpOptions } from '../options.ts'

/** `GET {baseUrl}`: the name and version, which old deployments use as a liveness probe. */
export function homeRoutes(app: FastifyInstance, options: HttpOptions): void {
  app.get('/', async (_request, reply) => {
    reply.type('text/plain; charset=utf-8')
    return `NbExchange ${options.version}`
  })
}
