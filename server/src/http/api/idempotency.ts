import type { FastifyRequest } from 'fastify'
import { ExchangeError } from '../../errors.ts'

/** The `Idempotency-Key` of a request: 1 to 200 visible ASCII characters; undefined without one. */
export function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && /^[\x21-\x7e]{1,200}$/.test(key)) return key
  throw new ExchangeError('key_malformed')
}
