import type { FastifyInstance } from 'fastify'
import { ExchangeError } from '../errors.ts'
import { formatInstant } from '../exchange/timestamps.ts'
import { markUnavailable } from './errors.ts'
import type { HttpOptions } from './options.ts'

/** `live`: the process answers. `ready`: storage and database do, too; 503 otherwise. `/metrics` is for Prometheus. */
export function healthRoutes(app: FastifyInstance, options: Pick<HttpOptions, 'health' | 'metrics'>): void {
  const hidden = { schema: { hide: true } }

  app.get('/health/live', hidden, async () => ({ status: 'ok' }))

  app.get('/health/ready', hidden, async (_request, reply) => {
    const { ready, checks, freeBytes, lastVerify } = await options.health.ready().catch(noReport)
    if (freeBytes !== null) options.metrics.freeBytes.set(freeBytes)
    if (lastVerify) {
      options.metrics.verifiedAt.set(lastVerify.at / 1_000_000)
      options.metrics.damagedFiles.set(lastVerify.damaged)
    }
    if (!ready) markUnavailable(reply)
    const last_verify = lastVerify && { ...lastVerify, at: formatInstant(lastVerify.at) }
    return { status: ready ? 'ok' : 'unavailable', checks, free_bytes: freeBytes, last_verify }
  })

  app.get('/metrics', hidden, async (_request, reply) => {
    reply.type(options.metrics.registry.contentType)
    return options.metrics.registry.metrics()
  })
}

function noReport(cause: unknown): never {
  throw new ExchangeError('checks_failed', {}, { cause })
}
