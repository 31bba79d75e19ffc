import type { FastifyInstance, FastifyRequest } from 'fastify'
import { hasBody, isHeldBack } from './body.ts'

/** How long a slow client may hold a connection. Milliseconds. */
export interface Patience {
  /** Until the last of the headers has come. */
  headers: number
  /** Without a single byte of the body arriving. */
  idle: number
  /** The window over which a body must arrive at `bytesPerSecond` or faster. */
  window: number
  bytesPerSecond: number
  /** Without a single byte of the answer being taken; long, as the kernel takes megabytes at a time. */
  stalled: number
}

export const PATIENCE: Patience = {
  headers: 15_000,
  idle: 30_000,
  window: 60_000,
  bytesPerSecond: 16_000,
  stalled: 120_000,
}

/** Cuts the connections of clients that neither send nor take; time in which we are the slow ones does not count. */
export function loseSlowClients(
  app: FastifyInstance,
  { patience = PATIENCE }: { patience?: Patience },
): void {
  const interval = Math.max(10, Math.min(patience.idle, patience.window) / 4)
  app.addHook('onRequest', async (request, reply) => {
    const isSlow = stopwatch(request, patience)
    const timer = setInterval(() => {
      if (!isSlow()) return
      request.log.info('client too slow, connection cut')
      request.raw.socket.destroy()
    }, interval)
    timer.unref()
    reply.raw.once('close', () => clearInterval(timer))
  })
}

function stopwatch(request: FastifyRequest, patience: Patience): () => boolean {
  const { raw } = request
  const { socket } = raw
  let window = { start: performance.now(), bytes: socket.bytesRead }
  let last = { at: performance.now(), bytes: -1 }

  function noProgress(bytes: number, limit: number, now: number): boolean {
    if (bytes !== last.bytes) last = { at: now, bytes }
    return now - last.at >= limit
  }
  function receiving(now: number): boolean {
    const bytes = socket.bytesRead
    if (raw.readableLength > 0 || isHeldBack(raw)) {
      last = { at: now, bytes }
      window = { start: now, bytes }
    }
    if (noProgress(bytes, patience.idle, now)) return true
    if (now - window.start < patience.window) return false
    const rate = ((bytes - window.bytes) * 1000) / (now - window.start)
    window = { start: now, bytes }
    return rate < patience.bytesPerSecond
  }
  return () => {
    const now = performance.now()
    if (hasBody(raw) && !raw.complete) return receiving(now)
    const untaken = socket.writableLength
    if (untaken === 0) last = { at: now, bytes: -1 }
    return noProgress(socket.bytesWritten - untaken, patience.stalled, now)
  }
}
