import { withWiredService } from '../test/wired.ts'

/** `docs/openapi.json`: the OpenAPI 3.1 document of the API, from the schemas of its routes. */
export function openapiReference(): Promise<string> {
  return withWiredService({}, async (server) => {
    await server.ready()
    return `${JSON.stringify(server.swagger(), null, 2)}\n`
  })
}
