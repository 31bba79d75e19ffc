import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** A server of the site, on a free port: what a sign-in asks. */
export interface IdentityProvider {
  /** Without a slash at the end. */
  url: string
  /** How often it was asked. */
  readonly asked: number
  stop(): Promise<void>
}

type Said = { status: number; body?: unknown } | 'nothing'

/** Answers as `answer` says: status and JSON. */
export async function startIdentityProvider(
  answer: (request: IncomingMessage) => Said | Promise<Said>,
): Promise<IdentityProvider> {
  let asked = 0
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    asked += 1
    const said = await answer(request)
    if (said === 'nothing') return
    response.writeHead(said.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(said.body ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    get asked() {
      return asked
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
