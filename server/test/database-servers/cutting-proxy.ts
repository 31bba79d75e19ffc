import { createServer, connect as dial, type Server, type Socket } from 'node:net'

/** What happens to the next commit that passes; connections are cut in both cases. */
export type Cut = 'before the server has it' | 'before its answer arrives'

/** A line to a database server on which a commit can be lost, or everything. */
export class CuttingProxy {
  readonly port: number
  /** Once, then the line is whole again. */
  cutNext: Cut | undefined
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async start(target: { host: string; port: number }): Promise<CuttingProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const proxy = new CuttingProxy(server, address.port)
    server.on('connection', (client) => proxy.#connect(client, dial(target.port, target.host)))
    return proxy
  }

  #connect(client: Socket, upstream: Socket): void {
    let dropAnswer = false
    const cut = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        cut()
      })
    }
    client.on('data', (bytes) => {
      if (this.cutNext !== undefined && /\bcommit\b/i.test(bytes.toString('latin1'))) {
        const how = this.cutNext
        this.cutNext = undefined
        if (how === 'before the server has it') return cut()
        dropAnswer = true
      }
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (dropAnswer) cut()
      else client.write(bytes)
    })
  }

  /** Every connection, now: as the server sees it when a client dies. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.cutAll()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
