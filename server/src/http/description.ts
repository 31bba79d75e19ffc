import swagger, { type SwaggerTransform } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { SCHEMAS } from './api/schemas/list.ts'
import type { HttpOptions } from './options.ts'

/** What the pages of the API browser may load: their own files. */
const DOCS_POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"

/** Collects the routes that come after it into the API's description: `api/v1/openapi.json`, and for people `docs`. */
export function describeApi(app: FastifyInstance, { settings, version }: HttpOptions): void {
  const { baseUrl, publicUrl = baseUrl } = settings
  for (const schema of SCHEMAS) app.addSchema(schema)
  app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: { title: 'nbexchange', version },
      servers: [{ url: publicUrl.slice(0, -1) || '/' }],
    },
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
    transform: asClientsSeeIt,
  })
  app.register(swaggerUi, {
    routePrefix: `${baseUrl}docs`,
    staticCSP: DOCS_POLICY,
    uiConfig: { validatorUrl: null },
  })
  app.register(async (scope) => {
    scope.get(`${baseUrl}api/v1/openapi.json`, { schema: { hide: true } }, async () => app.swagger())
  })
}

/** What we fill in with a default a handler always sees, and no client has to send. */
const asClientsSeeIt: SwaggerTransform = ({ schema, url }) => {
  const query = schema?.querystring as QuerySchema | undefined
  if (!query) return { schema, url }
  const required = query.required?.filter((name) => query.properties[name]?.default === undefined)
  return { schema: { ...schema, querystring: { ...query, required } }, url }
}

interface QuerySchema {
  properties: Record<string, { default?: unknown }>
  required?: string[]
}
