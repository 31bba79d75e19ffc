import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { ExchangeError } from '../errors.ts'

type Route = (request: IncomingMessage, response: ServerResponse) => void

/** Clients that wait for `100 Continue` before they send the body. */
const waiting = new WeakMap<IncomingMessage, ServerResponse>()

/** Lets a refusal come before the body: `100 Continue` is sent when somebody starts to read, not before. */
export function holdContinue(server: Server, route: Route): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.set(request, response)
    route(request, response)
  })
}

/** To be called before the first byte of the body is read. */
export function beginBody(raw: IncomingMessage): void {
  waiting.get(raw)?.writeContinue()
  waiting.delete(raw)
}

/** Whether the client holds the body back until it is asked for it. */
export function isHeldBack(raw: IncomingMessage): boolean {
  return waiting.has(raw)
}

export function hasBody(raw: IncomingMessage): boolean {
  return raw.headers['transfer-encoding'] !== undefined || (declaredLength(raw) ?? 0) > 0
}

/** The declared `Content-Length` in bytes; Node has refused whatever is not a number. */
export function declaredLength(raw: IncomingMessage): number | undefined {
  const length = raw.headers['content-length']
  return length === undefined ? undefined : Number(length)
}

/**
 * The whole body. Throws `invalid` when it breaks off. Giving up early leaves the connection open, so that the
 * answer can still be sent.
 */
export async function* wholeBody(raw: IncomingMessage): AsyncGenerator<Buffer, void, void> {
  beginBody(raw)
  try {
    for await (const chunk of raw.iterator({ destroyOnReturn: false })) yield chunk as Buffer
  } catch (error) {
    throw brokenOff(error)
  }
  if (!raw.complete) throw brokenOff()
}

export function brokenOff(cause?: unknown): ExchangeError {
  return new ExchangeError('body_broken_off', {}, { cause })
}

/**
 * Throws away what is still to come, up to `bytes` and for at most `milliseconds`; resolves to whether the body
 * has come to its end. Clients that send everything before they read would otherwise never see their answer.
 */
export function drain(
  raw: IncomingMessage,
  limits: { bytes: number; milliseconds: number },
): Promise<boolean> {
  return new Promise((resolve) => {
    let dropped = 0
    const timer = setTimeout(finish, limits.milliseconds)
    const onData = (chunk: Buffer) => {
      dropped += chunk.length
      if (dropped > limits.bytes) finish()
    }
    function finish() {
      clearTimeout(timer)
      raw.off('data', onData).off('end', finish).off('close', finish)
      raw.pause()
      resolve(raw.complete && raw.readableLength === 0)
    }
    if (raw.readableEnded || raw.destroyed) return finish()
    raw.unpipe()
    raw.on('data', onData).on('end', finish).on('close', finish).on('error', finish)
    raw.resume()
  })
}
