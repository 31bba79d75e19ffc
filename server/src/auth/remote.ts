import { type Static, Type } from 'typebox'
import { askJson } from './ask-json.ts'
import { CredentialCache } from './credential-cache.ts'
import { fieldPlaces, identityFrom } from './fields.ts'
import type { Identity, UserPlugin, UserRequest } from './user-plugin.ts'

export const remoteOptions = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', description: 'What is asked who the user is (GET)' }),
    headers: Type.Array(Type.String({ pattern: '^[A-Za-z0-9-]+$' }), {
      minItems: 1,
      default: ['Authorization', 'Cookie'],
      description: 'The headers of the request that are passed on; without any of them nobody is signed in',
    }),
    timeout: Type.Integer({
      minimum: 100,
      maximum: 4_500,
      default: 3_000,
      description: 'Milliseconds to wait for the answer',
    }),
    cacheSeconds: Type.Integer({
      minimum: 0,
      maximum: 3_600,
      default: 30,
      description: 'Seconds for which an answer counts; at most 5 when something is changed',
    }),
    fields: Type.Optional(fieldPlaces),
  },
  { additionalProperties: false },
)

/**
 * Asks a URL of the site with the credentials of the request. 200 with the user as JSON: signed in. 401 or 403: not.
 * Anything else, or nothing in time: throws.
 */
export class RemoteUserPlugin implements UserPlugin {
  readonly #options: Static<typeof remoteOptions>
  readonly #cache: CredentialCache

  constructor(options: Static<typeof remoteOptions>) {
    this.#options = options
    this.#cache = new CredentialCache(options)
  }

  async getCurrentUser(request: UserRequest): Promise<Identity | null> {
    const headers = new Headers()
    for (const name of this.#options.headers) {
      const value = request.headers[name.toLowerCase()]
      if (typeof value === 'string') headers.set(name, value)
    }
    const credential = JSON.stringify([...headers])
    if (credential === '[]') return null
    return this.#cache.identify(request, credential, () => this.#ask(headers))
  }

  async #ask(headers: Headers): Promise<Identity | null> {
    const { fields = {}, timeout, url } = this.#options
    const answer = await askJson(url, { headers, timeout })
    if (answer.status === 401 || answer.status === 403) return null
    if (answer.status === 200) return identityFrom(answer.body, fields)
    throw new Error(`${new URL(url).origin} answered ${answer.status} when it was asked who the user is`)
  }
}
