import { withWiredService } from './wired.ts'

/** Every route that the HTTP side registers, as `METHOD url`, sorted; HEAD comes with GET and is left out. */
export function registeredRoutes(baseUrl: string): Promise<string[]> {
  return withWiredService({ NBEX_BASE_URL: baseUrl }, async (server) => {
    const routes = new Set<string>()
    server.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) if (one !== 'HEAD') routes.add(`${one} ${url}`)
    })
    await server.ready()
    return [...routes].sort()
  })
}
