import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'

import type {
  FastifyBaseLogger,
  FastifyError,
  FastifyHttpOptions,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
} from 'fastify'
import { LogController } from 'fastify'
import { ExchangeError } from '../errors.ts'
import { isReadableName } from '../exchange/names.ts'
import { refusal, refuseMalformed } from './errors.ts'
import type { AddressSettings, GuardOptions } from './options.ts'
import { PATIENCE } from './patience.ts'
import { lenientQuery } from './query.ts'

/** How the HTTP server itself is set up: no limit on how long an upload may take, but on headers and idle clients. */
export function serverOptions({
  log,
  patience = PATIENCE,
}: Pick<GuardOptions, 'log' | 'patience'>): FastifyHttpOptions<Server> {
  return {
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: false,
    requestTimeout: 0,
    connectionTimeout: 0,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    bodyLimit: 64 * 1024,
    clientErrorHandler: refuseMalformed,
    frameworkErrors: refuseUnrouted,
    http: {
      headersTimeout: patience.headers,
      connectionsCheckingInterval: Math.ceil(patience.headers / 3),
      maxHeaderSize: 16 * 1024,
    },
    routerOptions: { maxParamLength: 1024, querystringParser: lenientQuery },
  }
}

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
}

/** Headers for every answer, where the route says nothing else. Names a request by its id, so that it can be found. */
export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply) => secure(request, reply))
}

function secure(request: FastifyRequest, reply: FastifyReply): void {
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!reply.hasHeader(name)) reply.header(name, value)
  }
  reply.header('x-request-id', request.id)
}

/** Answers an address that no router can read: it fails before any hook runs. */
function refuseUnrouted(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const body = refusal(error, request, reply)
  secure(request, reply)
  reply.send(body)
}

/**
 * Routers and parsers are more generous than we are: a name in the address is never empty and never holds what no
 * name can, and HTTP is 1.0 or 1.1.
 */
export function refuseOddAddresses(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (request.raw.httpVersionMajor !== 1) {
      throw new ExchangeError('http_version_unknown')
    }
    const names = Object.values(request.params as Record<string, string>)
    if (names.includes('')) throw new ExchangeError('no_address')
    if (!names.every(isReadableName)) throw new ExchangeError('address_unreadable')
  })
}

/** Cookies alone authorise no write: a browser that acts for another site is refused unless it sends a token. */
export function refuseForeignWrites(
  app: FastifyInstance,
  { settings: { publicUrl } }: { settings: AddressSettings },
): void {
  const ownOrigin = publicUrl === undefined ? undefined : new URL(publicUrl).origin
  app.addHook('onRequest', async (request) => {
    if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return
    if (request.headers.authorization !== undefined || !isForeign(request, ownOrigin)) return
    throw new ExchangeError('foreign_page')
  })
}

function isForeign(request: FastifyRequest, ownOrigin: string | undefined): boolean {
  const { origin, host, 'sec-fetch-site': site } = request.headers
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  if (origin === undefined || origin === ownOrigin) return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}

/** While the service stops, what is under way is finished and nothing new begins. */
export function refuseWhileClosing(app: FastifyInstance): void {
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onRequest', async () => {
    if (closing) throw new ExchangeError('restarting')
  })
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close')
  })
}

/** One log line and one count for every request, also for those whose client went away. Queries are not logged. */
export function observe(app: FastifyInstance, { metrics }: Pick<GuardOptions, 'metrics'>): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => {
      const { method } = request
      const route = request.routeOptions.url ?? 'unknown'
      const status = reply.raw.writableFinished ? String(reply.raw.statusCode) : 'aborted'
      const seconds = reply.elapsedTime / 1000
      metrics.requests.inc({ route, method, status })
      metrics.requestSeconds.observe({ route, method }, seconds)
      const path = request.url.split('?', 1)[0]
      request.log.info({ method, path, status, seconds: Number(seconds.toFixed(4)) }, 'request')
    })
  })
}
