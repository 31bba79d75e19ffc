import swagger, { type SwaggerTransformObject } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { describeRefusals, type RefusedOperation } from './api/refusals.ts'
import { rawBody } from './api/schemas/files.ts'
import { SCHEMAS } from './api/schemas/list.ts'
import type { HttpOptions } from './options.ts'

const ABOUT = `Carries nbgrader assignments between instructors and students: release, fetch, submit, collect, feedback.

Who may do what goes by the courses that the sign-in lists now, and by the role that it gives there. Every GET answers HEAD, too.`

const TAGS = [
  { name: 'service', description: 'The service itself' },
  { name: 'me', description: 'The caller, and what is theirs' },
  { name: 'courses', description: 'Courses and their members' },
  { name: 'assignments', description: 'What is handed out, and its end' },
  { name: 'releases', description: 'The files of an assignment, version by version' },
  { name: 'submissions', description: 'What students hand in' },
  { name: 'feedback', description: 'What comes back to them' },
  { name: 'history', description: 'The log' },
]

/** The cookie of clients of nbexchange 1.x, which \`jwt\` reads by default. */
const COOKIE = 'noteable_auth'

/** What the pages of the API browser may load: their own files. */
const DOCS_POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"

/** Collects the routes that come after it into the API's description: `api/v1/openapi.json`, and for people `docs`. */
export function describeApi(app: FastifyInstance, { settings, userPlugin, version }: HttpOptions): void {
  const { baseUrl, publicUrl = baseUrl } = settings
  for (const schema of SCHEMAS) app.addSchema(schema)
  app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: 'nbexchange',
        version,
        description: ABOUT,
        license: { name: 'BSD-3-Clause', identifier: 'BSD-3-Clause' } as { name: string },
      },
      servers: [{ url: publicUrl.slice(0, -1) || '/', description: 'Where the service is found' }],
      tags: TAGS,
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description:
              'A token that the sign-in of the site knows. `Authorization: token TOKEN` is taken, too',
          },
          cookie: {
            type: 'apiKey',
            in: 'cookie',
            name: userPlugin.browser?.cookie ?? COOKIE,
            description:
              'The cookie of the sign-in, where it has one. That of a browser reads and changes nothing',
          },
        },
      },
      security: [{ token: [] }, { cookie: [] }],
    },
    stripBasePath: false,
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
    transform: ({ schema, url }) => ({ schema: asClientsSeeIt(schema), url: url.slice(baseUrl.length - 1) }),
    transformObject: completed,
  })
  app.register(swaggerUi, {
    routePrefix: `${baseUrl}docs`,
    theme: { title: 'nbexchange: the API' },
    staticCSP: DOCS_POLICY,
    // Without its makers' bar, whose logo brings a style of its own.
    uiConfig: { layout: 'BaseLayout', validatorUrl: null },
  })
  app.register(async (scope) => {
    scope.get(`${baseUrl}api/v1/openapi.json`, { schema: { hide: true } }, async () => app.swagger())
  })
}

/** Without what is ours alone: a client need not send what has a default, and sends bodies that the framework never sees. */
function asClientsSeeIt(schema: FastifySchema): FastifySchema {
  const query = schema?.querystring as QuerySchema | undefined
  const body = rawBody(schema?.consumes?.[0])
  const required = query?.required?.filter((name) => query.properties[name]?.default === undefined)
  return { ...schema, ...(query && { querystring: { ...query, required } }), ...(body && { body }) }
}

interface QuerySchema {
  properties: Record<string, { default?: unknown }>
  required?: string[]
}

interface Parameter {
  required: boolean
  schema: Record<string, unknown>
  example?: unknown
}
interface ApiDocument {
  paths: Record<string, Record<string, RefusedOperation & { parameters?: Parameter[] }>>
  components: Record<string, object>
}

const completed: SwaggerTransformObject = (document) => {
  const { openapiObject: api } = document as { openapiObject: ApiDocument }
  const operations = Object.values(api.paths).flatMap((path) => Object.values(path))
  for (const { parameters = [] } of operations) parameters.forEach(leaveEmpty)
  api.components.responses = Object.assign({}, ...operations.map(describeRefusals))
  return api as object
}

/** The page of the API fills fields in with `example`; what need not be sent has it where the page only shows it. */
function leaveEmpty(parameter: Parameter): void {
  if (parameter.required || parameter.example === undefined) return
  parameter.schema.examples = [parameter.example]
  delete parameter.example
}
