import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { pipeline, Transform } from 'node:stream'

export interface DelayProxy {
  /** Without a path. */
  url: string
  stop(): void
}

/**
 * Stands before a service of this machine as if it were `roundTrip` milliseconds away, there and back: half of them
 * each way, and all of them once more for a new connection. Neither bandwidth nor the slow start of TCP is imitated.
 */
export async function startDelayProxy(service: string, roundTrip: number): Promise<DelayProxy> {
  const { hostname, port } = new URL(service)
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
    const begin = () => {
      join(client, upstream, roundTrip / 2)
      join(upstream, client, roundTrip / 2)
    }
    if (roundTrip === 0) begin()
    else setTimeout(begin, roundTrip)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** An end that breaks is seen by both sides; whoever asked tells of it. */
function join(from: Socket, to: Socket, milliseconds: number): void {
  const between = milliseconds === 0 ? [] : [later(milliseconds)]
  pipeline([from, ...between, to], () => {})
}

/** What is on its way is in memory, however much it is. */
function later(milliseconds: number): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      setTimeout(() => this.push(chunk), milliseconds)
      done()
    },
    flush(done) {
      setTimeout(done, milliseconds)
    },
  })
}
