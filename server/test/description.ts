import { readFileSync } from 'node:fs'
import Schema from 'typebox/schema'

/** The API's description, held against what the service answers. */

interface Described {
  description: string
  headers?: Record<string, object>
  content?: Record<string, { schema: Ref }>
}
interface Ref {
  $ref: string
}
interface Api {
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, Described | Ref> }>>
  components: { responses: Record<string, Described> }
}

const api = JSON.parse(
  readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'),
) as Readonly<Api>

const OPERATIONS = Object.entries(api.paths).flatMap(([path, methods]) => {
  const pattern = new RegExp(`^${path.slice(1).replaceAll(/\{\w+\}/g, '[^/]+')}(?:\\?|$)`)
  return Object.entries(methods).map(([method, operation]) => ({ method, pattern, operation }))
})

/** An answer, its address relative to the base URL of the service; header names in lower case. */
export interface Answered {
  method: string
  path: string
  status: number
  headers: Record<string, unknown>
  /** Absent where it is no JSON. */
  body?: unknown
}

/**
 * Throws where an operation answers what `docs/openapi.json` does not know: the status, the kind of body, a header that
 * is missing, or a body of another shape. What is no operation passes.
 */
export function mustBeDescribed({ body, headers, method, path, status }: Answered): void {
  const found = OPERATIONS.find((one) => one.method === method.toLowerCase() && one.pattern.test(path))
  if (!found) return
  const { operationId, responses } = found.operation
  const where = `${operationId} answers ${status}`
  const response = resolved(responses[status])
  if (!response) throw new Error(`${where}, which docs/openapi.json does not know: ${JSON.stringify(body)}`)
  for (const name of Object.keys(response.headers ?? {})) {
    if (headers[name.toLowerCase()] === undefined) throw new Error(`${where} without the header ${name}`)
  }
  const type = String(headers['content-type'] ?? '').split(';', 1)[0] ?? ''
  const described = Object.keys(response.content ?? { '': null })
  if (!described.includes(type)) throw new Error(`${where} with ${type || 'no body'}, not ${described}`)
  const schema = response.content?.[type]?.schema
  if (body !== undefined && schema) mustFit(body, { schema, where })
}

function resolved(response: Described | Ref | undefined): Described | undefined {
  if (response === undefined || !('$ref' in response)) return response
  return api.components.responses[response.$ref.replace('#/components/responses/', '')]
}

const compiled = new Map<string, ReturnType<typeof Schema.Compile>>()

function mustFit(body: unknown, { schema, where }: { schema: Ref; where: string }): void {
  const validator =
    compiled.get(schema.$ref) ?? Schema.Compile({ ...schema, components: api.components } as object)
  compiled.set(schema.$ref, validator)
  if (validator.Check(body)) return
  const [, errors] = validator.Errors(body)
  throw new Error(`${where} with a body that is no ${schema.$ref}: ${JSON.stringify(errors[0])}`)
}
