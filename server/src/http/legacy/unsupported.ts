import type { FastifyInstance } from 'fastify'
import { ExchangeError } from '../../errors.ts'

/** Calls that the old service knew and never had; answered before anybody is asked who they are. */
const NEVER_THERE = [
  ['GET', '/submissions'],
  ['POST', '/submissions'],
  ['GET', '/submission'],
  ['POST', '/assignments'],
  ['POST', '/collections'],
  ['POST', '/collection'],
  ['POST', '/history'],
] as const

export function legacyUnsupportedRoutes(app: FastifyInstance): void {
  for (const [method, url] of NEVER_THERE) {
    app.route({
      method,
      url,
      handler: () => {
        throw new ExchangeError('call_never_there', { method, path: url })
      },
    })
  }
}
