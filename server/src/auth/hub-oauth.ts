import { type Static, Type } from 'typebox'
import { valueAt } from './fields.ts'
import type { BrowserSignIn } from './user-plugin.ts'

export const hubOAuthOptions = Type.Object(
  {
    authorizeUrl: Type.String({
      pattern: '^https?://',
      description: 'The Hub as browsers reach it: `https://hub.example.org/hub/api/oauth2/authorize`',
    }),
    callbackUrl: Type.String({
      minLength: 1,
      description: '`oauth_callback` below our `baseUrl`; the same as `oauth_redirect_uri` of the service',
    }),
    clientId: Type.String({ minLength: 1, description: '`oauth_client_id` of the service' }),
  },
  { additionalProperties: false, description: 'Sign-in with a browser; a Hub that starts us tells all this' },
)

type HubOAuthOptions = Static<typeof hubOAuthOptions>

/** Not that of JupyterHub's own services, which sign theirs. */
const COOKIE = 'nbexchange_hub_token'

/** What a token may consist of (RFC 6750), all of which a cookie may hold. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

/** Sign-in with a browser through the Hub's OAuth; undefined where neither options nor environment describe it. */
export function hubOAuth(
  hub: { apiUrl: string; apiToken: string; timeout: number },
  options: HubOAuthOptions | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): BrowserSignIn | undefined {
  const client = options ?? clientOf(environment)
  if (!client) return undefined
  const { authorizeUrl, callbackUrl, clientId } = client
  return {
    cookie: COOKIE,
    addressFor(state) {
      const query = { client_id: clientId, redirect_uri: callbackUrl, response_type: 'code', state }
      return `${authorizeUrl}?${new URLSearchParams(query)}`
    },
    async redeem(code) {
      const form = { client_id: clientId, client_secret: hub.apiToken, redirect_uri: callbackUrl, code }
      const answer = await fetch(`${hub.apiUrl}/oauth2/token`, {
        method: 'POST',
        body: new URLSearchParams({ ...form, grant_type: 'authorization_code' }),
        redirect: 'error',
        signal: AbortSignal.timeout(hub.timeout),
      })
      if (answer.status >= 400 && answer.status < 500) return null
      if (!answer.ok) throw new Error(`the Hub answered ${answer.status} when a browser signed in`)
      const token = valueAt(await answer.json(), 'access_token')
      if (typeof token === 'string' && TOKEN.test(token)) return token
      throw new Error('the Hub answered without a token when a browser signed in')
    },
  }
}

/** What a Hub tells the services that it starts. */
function clientOf(environment: Readonly<Record<string, string | undefined>>): HubOAuthOptions | undefined {
  const { JUPYTERHUB_BASE_URL: base, JUPYTERHUB_CLIENT_ID: clientId } = environment
  const { JUPYTERHUB_HOST: host = '', JUPYTERHUB_OAUTH_CALLBACK_URL: callbackUrl } = environment
  if (!base || !clientId || !callbackUrl) return undefined
  return { clientId, callbackUrl, authorizeUrl: `${host}${base}hub/api/oauth2/authorize` }
}
