import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ExchangeError } from '../errors.ts'
import { sendError, sendLegacyError } from './errors.ts'

interface Known {
  path: RegExp
  method: string
}

/**
 * Answers for what is not listed: 405 with `Allow` where the path is known with another verb, else 404. Must be
 * called before the routes are registered. Below `apiPrefix` the body is the API's, elsewhere also the old one.
 */
export function answerUnknownRoutes(app: FastifyInstance, apiPrefix: string): void {
  const known: Known[] = []
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) known.push({ path: pathPattern(route.url), method })
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = [...new Set(known.filter((route) => route.path.test(path)).map((route) => route.method))]
    if (allowed.length > 0) reply.header('allow', allowed.sort().join(', '))
    answer(request, reply, { allowed, isApi: path.startsWith(apiPrefix) })
  })
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  found: { allowed: string[]; isApi: boolean },
): void {
  const { allowed, isApi } = found
  const refusal =
    allowed.length > 0
      ? new ExchangeError('method_wrong', { method: request.method, allowed })
      : new ExchangeError('no_address')
  const send = isApi ? sendError : sendLegacyError
  send(refusal, request, reply)
}

function pathPattern(url: string): RegExp {
  const source = url
    .split('/')
    .map((segment) =>
      segment.startsWith(':')
        ? '[^/]+'
        : segment === '*'
          ? '.*'
          : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
  return new RegExp(`^${source.join('/')}$`)
}
