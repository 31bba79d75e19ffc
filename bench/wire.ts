import { createHash } from 'node:crypto'
import { Agent, type IncomingMessage, request } from 'node:http'

export interface Question {
  method?: 'GET' | 'POST' | 'PUT'
  headers?: Readonly<Record<string, string>>
  /** Sent one after the other, with their length announced. */
  body?: readonly Buffer[]
}

export interface Reply {
  status: number
  size: number
  /** Of the whole body, lower hex. */
  sha256: string
  /** The body, up to 4 MB; what is longer is only hashed. */
  text(): string
}

const KEPT_BYTES = 4_000_000

/** Keeps connections open: one per client that is asking. */
export function connections(): Agent {
  return new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
}

/** Asks and reads the whole answer. Throws where the connection breaks. */
export function ask(agent: Agent, url: string, question: Question = {}): Promise<Reply> {
  const { method = 'GET', headers = {}, body = [] } = question
  const length = body.reduce((sum, part) => sum + part.length, 0)
  const { promise, reject, resolve } = Promise.withResolvers<Reply>()
  const outgoing = request(url, {
    agent,
    method,
    headers: { ...headers, ...(method !== 'GET' && { 'content-length': length }) },
  })
  outgoing.once('error', reject)
  outgoing.once('response', (incoming) => read(incoming).then(resolve, reject))
  for (const part of body) outgoing.write(part)
  outgoing.end()
  return promise
}

/** As `ask`; throws for an answer that is no success. */
export async function askWell(agent: Agent, url: string, question: Question = {}): Promise<Reply> {
  const reply = await ask(agent, url, question)
  if (reply.status >= 200 && reply.status < 300) return reply
  throw new Error(`${question.method ?? 'GET'} ${url}: ${reply.status} ${reply.text().slice(0, 300)}`)
}

async function read(incoming: IncomingMessage): Promise<Reply> {
  const hash = createHash('sha256')
  const kept: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    hash.update(chunk)
    if (size < KEPT_BYTES) kept.push(chunk)
    size += chunk.length
  }
  return {
    status: incoming.statusCode ?? 0,
    size,
    sha256: hash.digest('hex'),
    text: () => Buffer.concat(kept).toString(),
  }
}
