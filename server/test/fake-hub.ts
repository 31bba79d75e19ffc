import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts'

/** What a Hub knows: its tokens and its users. */
export interface HubState {
  tokens: Record<string, { name: string; kind: 'user' | 'service'; scopes: string[] }>
  users: Record<string, { groups: string[]; auth_state?: unknown }>
  /** What a browser brings back from the Hub, and the token that it is good for. */
  codes?: Record<string, string>
}

export const SERVICE_TOKEN = 'token-of-the-service'
export const ACCESS = 'access:services!service=nbexchange'

/** Users `ina` (teaches bio, learns chem) and `zoe` (learns bio), with tokens of their names. */
export function hubState(): HubState {
  return {
    tokens: {
      [SERVICE_TOKEN]: {
        name: 'nbexchange',
        kind: 'service',
        scopes: ['read:users:name', 'read:users:groups'],
      },
      ina: { name: 'ina', kind: 'user', scopes: [ACCESS] },
      zoe: { name: 'zoe', kind: 'user', scopes: ['access:services'] },
      'no-scope': { name: 'zoe', kind: 'user', scopes: ['access:servers!server=zoe/'] },
    },
    users: {
      ina: { groups: ['formgrade-bio', 'nbgrader-bio', 'nbgrader-chem', 'staff'] },
      zoe: { groups: ['nbgrader-bio'] },
    },
  }
}

/** The answers of JupyterHub's API that we need, in the shape of JupyterHub 5. */
export function startFakeHub(state: HubState): Promise<IdentityProvider> {
  return startIdentityProvider(async (request: IncomingMessage) => {
    if (request.url === '/hub/api/oauth2/token')
      return redeem(state, new URLSearchParams(await text(request)))
    const token = /^token (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const who = Object.hasOwn(state.tokens, token) ? state.tokens[token] : undefined
    if (!who) return { status: 403, body: { status: 403, message: 'Forbidden' } }
    if (request.url === '/hub/api/user') return { status: 200, body: { ...who, groups: [] } }
    const name = decodeURIComponent(/^\/hub\/api\/users\/(.+)$/.exec(request.url ?? '')?.[1] ?? '')
    const user = state.users[name]
    if (who.kind !== 'service' || !user) return { status: 404 }
    const groups = who.scopes.includes('read:users:groups') ? { groups: user.groups } : {}
    const more = who.scopes.includes('admin:auth_state') ? { auth_state: user.auth_state } : {}
    return { status: 200, body: { name, kind: 'user', ...groups, ...more } }
  })
}

function redeem({ codes = {} }: HubState, form: URLSearchParams) {
  const { client_id, client_secret, code = '', grant_type, redirect_uri } = Object.fromEntries(form)
  const known = client_id === 'service-nbexchange' && client_secret === SERVICE_TOKEN
  const asked = grant_type === 'authorization_code' && redirect_uri?.endsWith('/oauth_callback')
  const token = Object.hasOwn(codes, code) ? codes[code] : undefined
  return known && asked && token ? { status: 200, body: { access_token: token } } : { status: 400 }
}
