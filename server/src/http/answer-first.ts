import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { declaredLength, drain, hasBody, isHeldBack } from './body.ts'

/** How much of an unread body is thrown away after the answer, before the connection is cut. */
export interface Leftover {
  bytes: number
  milliseconds: number
}

export const LEFTOVER: Leftover = { bytes: 1024 * 1024, milliseconds: 5_000 }

/**
 * Whoever answers before the body has arrived gets the answer through: it is sent at once, and then a bounded part
 * of the body is read and dropped. Connections whose body is too long for that are closed.
 */
export function answerBeforeBody(
  app: FastifyInstance,
  { leftover = LEFTOVER }: { leftover?: Leftover },
): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (!hasBody(request.raw) || request.raw.complete) return payload
    const short = (declaredLength(request.raw) ?? Number.POSITIVE_INFINITY) <= leftover.bytes
    if (!short || isHeldBack(request.raw)) reply.header('connection', 'close')
    const text = typeof payload === 'string' || Buffer.isBuffer(payload)
    if (!text || isHeldBack(request.raw)) return payload
    reply.header('content-length', Buffer.byteLength(payload))
    return Readable.from(answerThenDrain(Buffer.from(payload), { request, reply, leftover }), {
      objectMode: false,
    })
  })
}

/** Ends the response only after the drain: Node cuts a closing connection as soon as its response has ended. */
async function* answerThenDrain(
  answer: Buffer,
  { request, reply, leftover }: { request: FastifyRequest; reply: FastifyReply; leftover: Leftover },
): AsyncGenerator<Buffer, void, void> {
  yield answer
  const whole = await drain(request.raw, leftover)
  if (!whole && reply.getHeader('connection') !== 'close') request.raw.socket.destroySoon()
}
