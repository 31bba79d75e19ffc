import { type Finding, ill, lookedAt, well } from './findings.ts'

/** The service at an address, asked as the bearer of a token, if there is one. */
export class RunningService {
  readonly url: string
  readonly hasToken: boolean
  readonly #token: string | undefined

  constructor(url: string, token: string | undefined) {
    this.url = url.replace(/\/*$/, '/')
    this.hasToken = token !== undefined
    this.#token = token
  }

  /** Asks below the base path. Throws one line where nothing answers within ten seconds. */
  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.#token !== undefined) headers.set('authorization', `Bearer ${this.#token}`)
    try {
      return await fetch(this.url + path, {
        ...init,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(10_000),
      })
    } catch (error) {
      const reason =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
      throw new Error(`nothing answers at ${this.url} (${reason})`, { cause: error })
    }
  }

  /** The JSON of an answer of the API; throws its message where it is a refusal. */
  async api<T>(path: string, init?: RequestInit): Promise<T> {
    const answer = await this.ask(`api/v1/${path}`, init)
    const text = await answer.text()
    if (answer.ok) return JSON.parse(text || 'null') as T
    throw new Error(`${init?.method ?? 'GET'} ${path} was answered ${answer.status}: ${text.slice(0, 300)}`)
  }
}

interface Me {
  org_id: number
  name: string
  courses: { course_id: string; role: string; is_instructor: boolean }[]
}

/** Whether it answers, is ready, and who it says we are. */
export async function askService(service: RunningService, version: string): Promise<Finding[]> {
  const advice = 'Start it with nbexchange serve, or name its address with --url.'
  const greeting = await lookedAt('service', advice, () => greet(service, version))
  if (!greeting.every(({ ok }) => ok)) return greeting
  const ready = await lookedAt('readiness', 'Its log says more.', () => readiness(service))
  const who = service.hasToken
    ? await lookedAt('sign-in', 'Check the token, and the user plugin of the configuration.', () =>
        whoAmI(service),
      )
    : []
  return [...greeting, ...ready, ...who]
}

async function greet(service: RunningService, version: string): Promise<Finding> {
  const text = await (await service.ask('')).text()
  if (!text.startsWith('NbExchange ')) {
    return ill(
      'service',
      `${service.url} is answered by something else`,
      'Check host, port and baseUrl, and the proxy in front.',
    )
  }
  const other = text.trim().slice('NbExchange '.length)
  if (other === version) return well('service', `${service.url} answers, version ${version}`)
  return ill(
    'service',
    `version ${other} answers, and this is ${version}`,
    'Restart the service with this version.',
  )
}

async function readiness(service: RunningService): Promise<Finding> {
  const answer = await fetch(new URL('/health/ready', service.url), { signal: AbortSignal.timeout(10_000) })
  if (answer.status === 404) return well('readiness', 'not asked: /health is not reachable from here')
  const text = await answer.text()
  return answer.ok ? well('readiness', 'ready') : ill('readiness', text.slice(0, 300), 'Its log says more.')
}

async function whoAmI(service: RunningService): Promise<Finding[]> {
  const me = await service.api<Me>('me')
  const courses = me.courses.map(({ course_id, role }) => `${course_id} (${role})`)
  const who = well('sign-in', `the token means ${me.name} of organisation ${me.org_id}`)
  if (courses.length > 0) return [who, well('courses', courses.join(', '))]
  return [
    who,
    ill(
      'courses',
      'none',
      'The user plugin names no course for this user: look at groups, claims or fields there.',
    ),
  ]
}
