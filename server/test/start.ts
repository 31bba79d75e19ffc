import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DestinationStream } from 'pino'
import { loadConfig } from '../src/config/load.ts'
import { createLog } from '../src/log.ts'
import { startService } from '../src/service.ts'
import { freshDatabase } from './databases.ts'
import { mustBeDescribed } from './description.ts'

/** What the sign-in says of somebody: the JSON in `X-Exchange-User`. */
export type Person = Record<string, unknown> & { name: string }

export interface TestService {
  /** With the base path and a slash at the end. */
  url: string
  /** The temporary folder that holds database and storage. */
  directory: string
  databaseUrl: string
  /** A request below `url` as this person (null: as nobody). Throws where the API answers what its description does not know. */
  request(person: Person | null, path: string, init?: RequestInit): Promise<Response>
  /** The same below `api/v1/`. */
  api(person: Person | null, path: string, init?: RequestInit): Promise<Response>
  close(): Promise<void>
}

/** A real service on a free port, on a database and a folder of its own; settings by their environment names, the log to `stream`. */
export async function startTestService(
  settings: Record<string, string> = {},
  headersOf: (person: Person) => Promise<Record<string, string>> = async (person) => signIn(person),
  stream?: DestinationStream,
): Promise<TestService> {
  const directory = await mkdtemp(join(tmpdir(), 'nbexchange-test-'))
  const database =
    settings.NBEX_DB_URL === undefined
      ? await freshDatabase(directory)
      : { url: settings.NBEX_DB_URL, drop: async () => {} }
  const { config } = await loadConfig({
    args: [],
    cwd: directory,
    systemFolder: directory,
    env: {
      NBEX_USER_PLUGIN: 'proxy-header',
      NBEX_PORT: '0',
      NBEX_BASE_STORAGE_LOCATION: join(directory, 'storage'),
      NBEX_LOG_LEVEL: 'silent',
      NBEX_DB_URL: database.url,
      ...settings,
    },
  })
  const service = await startService(config, createLog({ level: config.logLevel, ...(stream && { stream }) }))
  const request = async (person: Person | null, path: string, init: RequestInit = {}) => {
    const credentials = person === null ? {} : await headersOf(person)
    const response = await fetch(service.url + path, {
      ...init,
      headers: { ...init.headers, ...credentials },
    })
    await mustBeAsDescribed(response, { method: init.method ?? 'GET', path })
    return response
  }
  return {
    url: service.url,
    directory,
    databaseUrl: database.url,
    request,
    api: (person, path, init) => request(person, `api/v1/${path}`, init),
    async close() {
      await service.close()
      await database.drop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function mustBeAsDescribed(response: Response, asked: { method: string; path: string }): Promise<void> {
  const headers = Object.fromEntries(response.headers)
  const isJson = asked.method !== 'HEAD' && headers['content-type']?.startsWith('application/json')
  const body = isJson ? { body: await response.clone().json() } : {}
  mustBeDescribed({ ...asked, ...body, status: response.status, headers })
}

/** The headers that sign this person in; UTF-8 in a header travels as bytes. */
export function signIn(person: Person | null): Record<string, string> {
  return person === null ? {} : { 'x-exchange-user': Buffer.from(JSON.stringify(person)).toString('latin1') }
}

/** A member of `course`, organisation 1 unless said otherwise. */
export function person(
  name: string,
  role: string,
  course = 'bio',
  more: Record<string, unknown> = {},
): Person {
  return { name, course_id: course, course_role: role, org_id: 1, ...more }
}

/** Bytes that begin like a gzip file. */
export function archive(content: string | Buffer = ''): Buffer {
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 0x08, 0x00]), Buffer.from(content)])
}

/** A raw upload of such an archive. */
export function upload(body: Buffer, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-type': 'application/gzip', ...headers },
  }
}
