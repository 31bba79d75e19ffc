import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'

/**
 * What can happen to one request: the server says no, never sees it, has done it and cannot say so, or is cut off in
 * its answer.
 */
export const FAULTS = ['500', 'SlowDown', 'cut request', 'lost answer', 'cut answer'] as const
export type Fault = (typeof FAULTS)[number] | 'ExpiredToken'

/** One request that reached the line, counted from 1. */
export interface Passing {
  number: number
  method: string
  /** Path and query. */
  url: string
  /** Which try of the client's it is, from 1, as the AWS SDK says in a header. */
  attempt: number
}

export interface BadLine {
  endpoint: string
  /** How many requests have come. */
  requests(): number
  close(): Promise<void>
}

/** A line to the server at `target` on which `plan` says what happens to each request; undefined: it passes. */
export async function badLine(
  target: string,
  plan: (passing: Passing) => Fault | undefined,
): Promise<BadLine> {
  let number = 0
  // Without this the server hangs up on a body that it refuses, and its answer may be lost on the way: a fault nobody planned.
  const agent = new Agent({ keepAlive: true })
  const server = createServer((incoming, answer) => {
    number += 1
    const attempt = Number(/attempt=(\d+)/.exec(String(incoming.headers['amz-sdk-request']))?.[1] ?? 1)
    const { method = '', url = '' } = incoming
    const fault = plan({ number, method, url, attempt })
    if (fault === undefined || fault === 'lost answer' || fault === 'cut answer') {
      forward({ incoming, answer, target, agent, fault })
    } else {
      incoming.resume()
      incoming.once('end', () => refuse(answer, fault))
    }
  })
  // Nor does the line end a connection by itself, however slow the machine is.
  Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    requests: () => number,
    async close() {
      server.closeAllConnections()
      agent.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Exchange {
  incoming: IncomingMessage
  answer: ServerResponse
  target: string
  agent: Agent
  fault: 'lost answer' | 'cut answer' | undefined
}

function forward({ incoming, answer, target, agent, fault }: Exchange): void {
  // The host header is part of the signature and stays; whether to wait for `100 Continue` is between neighbours.
  const { expect: _, ...headers } = incoming.headers
  const { method, url } = incoming
  const { hostname, port } = new URL(target)
  const outgoing = request({ hostname, port, method, path: url, headers, agent }, (reply) => {
    if (fault === 'lost answer') {
      reply.resume()
      reply.once('end', () => answer.socket?.destroy())
      return
    }
    if (answer.destroyed) {
      reply.destroy()
      return
    }
    if (fault === 'cut answer') {
      cutOff(reply, answer)
      return
    }
    answer.writeHead(reply.statusCode ?? 502, reply.headers)
    pipeline(reply, answer, () => {})
  })
  outgoing.on('error', () => answer.socket?.destroy())
  pipeline(incoming, outgoing, () => {})
}

/** Half of the body, or where there is none, half of the first line. */
function cutOff(reply: IncomingMessage, answer: ServerResponse): void {
  const length = Number(reply.headers['content-length'] ?? 0)
  if (length < 2 || reply.statusCode === 204 || answer.req.method === 'HEAD') {
    answer.socket?.end('HTTP/1.1 20')
    reply.resume()
    return
  }
  answer.writeHead(reply.statusCode ?? 502, reply.headers)
  let left = Math.floor(length / 2)
  reply.on('data', (chunk: Buffer) => {
    answer.write(chunk.subarray(0, left))
    left -= Math.min(left, chunk.length)
    if (left === 0) answer.socket?.end()
  })
}

function refuse(answer: ServerResponse, fault: Fault): void {
  if (fault === 'cut request') {
    answer.socket?.destroy()
    return
  }
  const refusals: Record<string, [number, string]> = {
    500: [500, 'InternalError'],
    SlowDown: [503, 'SlowDown'],
    ExpiredToken: [400, 'ExpiredToken'],
  }
  const [status, code] = refusals[fault] ?? [500, fault]
  answer.writeHead(status, { 'content-type': 'application/xml' })
  answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>scripted</Message></Error>`)
}
