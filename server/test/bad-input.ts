import { request as httpRequest } from 'node:http'
import { expect } from 'vitest'
import { ExchangeError } from '../src/errors.ts'
import { mustBeDescribed } from './description.ts'
import {
  bodyOf,
  type faces,
  makeAssignment,
  type Places,
  populate,
  type Row,
  signInOf,
} from './role-matrix.ts'
import type { SignIn } from './sign-ins.ts'
import { type Person, signIn, startTestService, type TestService } from './start.ts'
import { stored } from './stored.ts'

/** A service with assignment ps1 of course bio, with work and feedback in it, in both organisations. */
export interface World {
  service: TestService
  places: Places
}

export async function newWorld(
  settings: Record<string, string> = {},
  headersOf?: SignIn['headers'],
): Promise<World> {
  const service = await startTestService(settings, headersOf)
  await populate(service)
  const places = await makeAssignment(service, 'ps1', 1)
  await makeAssignment(service, 'ps1', 2)
  return { service, places }
}

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  json: Record<string, unknown>
}

export interface Sent {
  who: Person | null
  method: string
  /** Below the base URL, sent as it stands: nothing is normalised or escaped. */
  path: string
  headers?: Record<string, string>
  body?: Buffer | string | FormData
}

/** One request over a connection of its own; the address goes out byte for byte. Throws for what the API's description does not know. */
export async function ask(service: TestService, sent: Sent): Promise<Answer> {
  const answer = await send(service, sent)
  const { method, path } = sent
  const isJson = String(answer.headers['content-type']).startsWith('application/json')
  mustBeDescribed({ ...answer, method, path, ...(isJson && { body: answer.json }) })
  return answer
}

async function send(service: TestService, sent: Sent): Promise<Answer> {
  const { hostname, pathname, port } = new URL(service.url)
  const { body, headers } = await encoded(sent)
  return new Promise((resolve, reject) => {
    const client = httpRequest({
      ...{ hostname, port, method: sent.method, path: pathname + sent.path, agent: false },
      headers: { ...signIn(sent.who), ...headers, 'content-length': body.length },
    })
    client.on('error', reject)
    client.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const isJson = response.headers['content-type']?.startsWith('application/json')
        const json = isJson && text !== '' ? JSON.parse(text) : {}
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json })
      })
    })
    client.end(body)
  })
}

async function encoded({ body = '', headers = {} }: Sent) {
  if (!(body instanceof FormData)) return { body: Buffer.from(body), headers }
  const form = new Response(body)
  const type = { 'content-type': form.headers.get('content-type') ?? '' }
  return { body: Buffer.from(await form.arrayBuffer()), headers: { ...type, ...headers } }
}

/** What the role matrix sends for a row, with its places filled in, percent-encoded. */
export function requestOf(face: keyof typeof faces, row: Row, places: Places): Omit<Sent, 'who'> {
  const address = row.address.replaceAll(/:(\w+)/g, (_, place) => encodeURIComponent(String(places[place])))
  const { body, headers } = bodyOf(row, places)
  return {
    method: row.method,
    path: (face === 'api' ? 'api/v1/' : '') + address,
    headers: (headers ?? {}) as Record<string, string>,
    body: (body ?? '') as string | FormData,
  }
}

export const FACES = ['api', 'legacy'] as const
export type Face = (typeof FACES)[number]

/** One request of the table as ina, with its query or headers changed. */
export async function sendRow(
  world: World,
  { face, row }: { face: Face; row: Row },
  change: { query?: (query: string) => string; headers?: Record<string, string> },
): Promise<Answer> {
  const sent = requestOf(face, row, world.places)
  const [path = '', query = ''] = sent.path.split('?', 2)
  const changed = change.query?.(query) ?? query
  return ask(world.service, {
    ...sent,
    who: signInOf('ina'),
    path: changed === '' ? path : `${path}?${changed}`,
    headers: { ...sent.headers, ...change.headers },
  })
}

/** Runs `work` and fails where anything was stored, or the service no longer answers. */
export async function expectNothingStored(service: TestService, work: () => Promise<void>): Promise<void> {
  const before = await stored(service)
  await work()
  expect(await stored(service)).toEqual(before)
  const home = await service.request(null, '')
  expect(home.status).toBe(200)
}

/** The answer as `status code`, once it is seen to be one line of JSON of its face, without a path or a stack in it. */
export function refusalOf(answer: Answer): string {
  const { json, status, text } = answer
  const words = 'success' in json ? json.note : json.message
  expect(words, `${status} ${text}`).toMatch(/^[^\n]{5,400}$/)
  const { reason, params, code } = json as unknown as ExchangeError
  const same = new ExchangeError(reason, params as never)
  expect([code, words], text).toEqual([same.code, same.message])
  expect(text).not.toMatch(/node_modules|\.ts:\d|\/tmp\/|SQLITE|at \w+ \(/)
  return `${status} ${json.code}`
}
