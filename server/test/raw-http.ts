import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { GuardOptions } from '../src/http/options.ts'
import { bareServer } from '../src/http/server.ts'
import { createLog } from '../src/log.ts'
import { createMetrics } from '../src/metrics.ts'
import { defaultConfig } from './wired.ts'

/** A listening server with all guards and the routes that `build` adds; `lines` is what it has logged. */
export async function listen(build: (app: FastifyInstance) => void, options: Partial<GuardOptions> = {}) {
  const stream = new PassThrough()
  const lines: Record<string, unknown>[] = []
  stream.on('data', (line: Buffer) => lines.push(JSON.parse(line.toString())))
  const metrics = createMetrics()
  const app = bareServer({
    log: createLog({ level: 'info', stream }),
    metrics,
    settings: await defaultConfig(),
    ...options,
  })
  build(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  return { app, port, url: `http://127.0.0.1:${port}`, lines, metrics }
}

/** An open connection and what has come back on it. */
export class RawConnection {
  readonly socket: Socket
  text = ''
  readonly closed: Promise<string>

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    this.socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1')
    })
    this.socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      this.socket.once('end', () => this.socket.destroy())
      this.socket.once('close', () => resolve(this.text))
    })
  }

  /** Resolves once the bytes were handed to the kernel. */
  send(bytes: string | Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(bytes, () => resolve())
    })
  }

  /** Resolves once `part` has come back; rejects when the connection closes before. */
  async until(part: string): Promise<string> {
    while (!this.text.includes(part)) {
      if (this.socket.destroyed) throw new Error(`closed before ${part}, after: ${this.text}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return this.text
  }

  end(): void {
    this.socket.destroy()
  }
}

export async function exchangeRaw(port: number, bytes: string | Buffer): Promise<string> {
  const connection = new RawConnection(port)
  await connection.send(bytes)
  return connection.closed
}

/** The head of a request with `headers`, ready to be followed by its body. */
export function head(line: string, headers: Record<string, string | number>): string {
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`)
  return `${line} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}
