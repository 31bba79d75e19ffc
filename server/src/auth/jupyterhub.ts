import { type Static, Type } from 'typebox'
import { ExchangeError } from '../errors.ts'
import { askJson } from './ask-json.ts'
import { CredentialCache } from './credential-cache.ts'
import { bearerToken, cookie } from './credentials.ts'
import { fieldPlaces, identityFrom, valueAt } from './fields.ts'
import { rolesFromGroups } from './group-roles.ts'
import { hubOAuth, hubOAuthOptions } from './hub-oauth.ts'
import {
  type BrowserSignIn,
  type Identity,
  NeverWorks,
  type UserPlugin,
  type UserRequest,
} from './user-plugin.ts'

export const jupyterhubOptions = Type.Object(
  {
    apiUrl: Type.Optional(
      Type.String({ pattern: '^https?://', description: 'The API of the Hub; else `JUPYTERHUB_API_URL`' }),
    ),
    apiToken: Type.Optional(
      Type.String({ minLength: 1, description: 'The token of this service; else `JUPYTERHUB_API_TOKEN`' }),
    ),
    requiredScopes: Type.Array(Type.String({ minLength: 1 }), {
      default: ['access:services!service=nbexchange'],
      description: 'What the token of a user must be allowed; one of them is enough',
    }),
    groups: Type.Array(
      Type.Object(
        {
          pattern: Type.String({
            pattern: '\\{course\\}',
            description: 'A group name, with `{course}` in the place of the course code',
          }),
          role: Type.String({ minLength: 1 }),
        },
        { additionalProperties: false },
      ),
      {
        default: [
          { pattern: 'formgrade-{course}', role: 'Instructor' },
          { pattern: 'nbgrader-{course}', role: 'Student' },
        ],
        description: 'Which groups make whom; the first that fits a course counts',
      },
    ),
    authState: Type.Optional(fieldPlaces),
    browser: Type.Optional(hubOAuthOptions),
    orgId: Type.Integer({ minimum: 1, default: 1, description: 'The organisation of all users of this Hub' }),
    timeout: Type.Integer({
      minimum: 100,
      maximum: 4_500,
      default: 3_000,
      description: 'Milliseconds to wait for the Hub',
    }),
    cacheSeconds: Type.Integer({
      minimum: 0,
      maximum: 3_600,
      default: 30,
      description: 'Seconds for which an answer counts; at most 5 when something is changed',
    }),
  },
  { additionalProperties: false },
)

/** What JupyterHub puts into the environment of its services. */
export type HubEnvironment = Readonly<Record<string, string | undefined>>

/** What the service's own token must be allowed; the first only where the Hub's `auth_state` is read. */
const OWN_SCOPES = ['read:users:name', 'read:users:groups']
const AUTH_STATE_SCOPE = 'admin:auth_state'

/**
 * Users of a JupyterHub (2 and later, proven with 5), by the token of their server or one of their own. The Hub is asked twice: who the
 * token means, with that token, and which groups that user is in, with ours, because the token of a server may not tell.
 */
export class JupyterHubUserPlugin implements UserPlugin {
  readonly #options: Static<typeof jupyterhubOptions>
  readonly #apiUrl: string
  readonly #apiToken: string
  readonly #cache: CredentialCache
  readonly browser?: BrowserSignIn

  /** Throws where neither options nor environment say where the Hub is and who we are. */
  constructor(options: Static<typeof jupyterhubOptions>, environment: HubEnvironment) {
    this.#options = options
    this.#apiUrl = needed('apiUrl', options.apiUrl ?? environment.JUPYTERHUB_API_URL).replace(/\/*$/, '')
    this.#apiToken = needed('apiToken', options.apiToken ?? environment.JUPYTERHUB_API_TOKEN)
    this.#cache = new CredentialCache(options)
    const { timeout } = options
    const hub = { apiUrl: this.#apiUrl, apiToken: this.#apiToken, timeout }
    const browser = hubOAuth(hub, options.browser, environment)
    if (browser) this.browser = browser
  }

  /** Whether our own token may do what we need. Throws `NeverWorks` with the scopes that it lacks, anything else where the Hub cannot be asked now. */
  async check(): Promise<void> {
    const { body, status } = await this.#get('user', this.#apiToken)
    if (status !== 200) {
      throw new NeverWorks(`The Hub at ${this.#apiUrl} does not know our token (${status}): check apiToken.`)
    }
    const wanted = [...OWN_SCOPES, ...(this.#options.authState ? [AUTH_STATE_SCOPE] : [])]
    const scopes = scopesIn(body)
    const missing = wanted.filter((scope) => !allows(scopes, scope))
    if (missing.length === 0) return
    throw new NeverWorks(
      `The token of this service lacks the scopes ${missing.join(', ')}: add them to its role in c.JupyterHub.load_roles and restart the Hub.`,
    )
  }

  async getCurrentUser(request: UserRequest): Promise<Identity | null> {
    const token = bearerToken(request) ?? this.#cookieOf(request)
    if (token === undefined) return null
    return this.#cache.identify(request, token, () => this.#ask(token))
  }

  /** The servers of all users share the Hub's origin, so a page of anybody's may send our cookie: it is for reading only. */
  #cookieOf(request: UserRequest): string | undefined {
    const reads = request.method === 'GET' || request.method === 'HEAD'
    return this.browser && reads ? cookie(request, this.browser.cookie) : undefined
  }

  async #ask(token: string): Promise<Identity | null> {
    const who = await this.#get('user', token)
    if (who.status === 401 || who.status === 403) return null
    if (who.status !== 200)
      throw new Error(`the Hub answered ${who.status} when it was asked who the user is`)
    const name = valueAt(who.body, 'name')
    if (typeof name !== 'string' || valueAt(who.body, 'kind') === 'service') return null
    const scopes = scopesIn(who.body)
    const { requiredScopes } = this.#options
    if (requiredScopes.length > 0 && !requiredScopes.some((scope) => allows(scopes, scope))) {
      throw new ExchangeError('scope_missing', { user: name, scopes: requiredScopes })
    }
    return this.#describe(name)
  }

  async #describe(name: string): Promise<Identity | null> {
    const { authState, groups: patterns, orgId } = this.#options
    const { body, status } = await this.#get(`users/${encodeURIComponent(name)}`, this.#apiToken)
    if (status === 404) return null
    if (status !== 200)
      throw new Error(`the Hub answered ${status} when it was asked for the groups of a user`)
    const groups = valueAt(body, 'groups')
    if (!Array.isArray(groups))
      throw new Error('the Hub does not tell groups: the scope read:users:groups is missing')
    const more = authState
      ? identityFrom({ name, ...objectOf(valueAt(body, 'auth_state')) }, authState)
      : null
    const courses = [...rolesFromGroups(groups.map(String), patterns), ...(more?.courses ?? [])]
    const [only] = courses.length === 1 ? courses : []
    const known = authState?.name !== undefined && more ? more.name : name
    return { ...more, ...only, name: known, org_id: more?.org_id ?? orgId, courses }
  }

  #get(path: string, token: string) {
    const headers = new Headers({ authorization: `token ${token}` })
    return askJson(`${this.#apiUrl}/${path}`, { headers, timeout: this.#options.timeout })
  }
}

function needed(option: 'apiUrl' | 'apiToken', value: string | undefined): string {
  if (value) return value
  const variable = option === 'apiUrl' ? 'JUPYTERHUB_API_URL' : 'JUPYTERHUB_API_TOKEN'
  throw new Error(`The user plugin jupyterhub needs ${option} in userPluginOptions, or ${variable}.`)
}

function scopesIn(model: unknown): string[] {
  const scopes = valueAt(model, 'scopes')
  return Array.isArray(scopes) ? scopes.map(String) : []
}

/** Whether a scope is held, as it is or without its filter: `access:services` holds `access:services!service=x`. */
function allows(scopes: readonly string[], wanted: string): boolean {
  const [unfiltered = ''] = wanted.split('!')
  return withParents(unfiltered).some((scope) => scopes.includes(scope)) || scopes.includes(wanted)
}

/** A scope and those that contain it (JupyterHub's table of scopes): `read:users:groups` is part of `read:users`. */
function withParents(scope: string): string[] {
  const parts = scope.split(':')
  return parts
    .map((_, count) => parts.slice(0, parts.length - count).join(':'))
    .filter((one) => one !== 'read')
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
