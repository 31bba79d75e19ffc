import { SignJWT } from 'jose'
import { SERVICE_TOKEN } from './fake-hub.ts'
import { startIdentityProvider } from './identity-provider.ts'
import { type Person, signIn } from './start.ts'

/** One of the sign-ins that come with the service, ready to say who anybody is. */
export interface SignIn {
  /** Settings that make a service use it. */
  settings: Record<string, string>
  /** The headers by which this person is known. */
  headers(person: Person): Promise<Record<string, string>>
  stop(): Promise<void>
}

const SECRET = 'a secret that is long enough for HS256'

function settingsFor(plugin: string, options: Record<string, unknown>): Record<string, string> {
  return { NBEX_USER_PLUGIN: plugin, NBEX_USER_PLUGIN_OPTIONS: JSON.stringify(options) }
}

/** A token that our own identity providers can read: it says all by itself. */
function tokenOf(person: Person): string {
  return Buffer.from(JSON.stringify(person)).toString('base64url')
}

function personIn(token: string): Person | null {
  return token === '' ? null : (JSON.parse(Buffer.from(token, 'base64url').toString()) as Person)
}

async function bearer(token: string) {
  return { authorization: `Bearer ${token}` }
}

/** Every sign-in that can be told who somebody is. */
export const SIGN_INS: Readonly<Record<string, () => Promise<SignIn>>> = {
  'proxy-header': async () => ({
    settings: settingsFor('proxy-header', {}),
    headers: async (person) => signIn(person),
    stop: async () => {},
  }),

  jwt: async () => ({
    settings: settingsFor('jwt', { secret: SECRET }),
    headers: async (person) => {
      const token = new SignJWT(person).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('10m')
      return bearer(await token.sign(new TextEncoder().encode(SECRET)))
    },
    stop: async () => {},
  }),

  remote: async () => {
    const provider = await startIdentityProvider(({ headers }) => {
      const person = personIn(headers.authorization?.replace('Bearer ', '') ?? '')
      return person ? { status: 200, body: person } : { status: 401 }
    })
    return {
      settings: settingsFor('remote', { url: provider.url }),
      headers: (person) => bearer(tokenOf(person)),
      stop: () => provider.stop(),
    }
  },

  /** Two Hub users may stand for two people of one name, so the names are those of `auth_state`. */
  jupyterhub: async () => {
    const hub = await startIdentityProvider(({ headers, url = '' }) => {
      const token = headers.authorization?.replace('token ', '') ?? ''
      const named = decodeURIComponent(/^\/hub\/api\/users\/(.+)$/.exec(url)?.[1] ?? '')
      if (token === SERVICE_TOKEN && named === '') {
        return { status: 200, body: { kind: 'service', scopes: ['read:users', 'admin:auth_state'] } }
      }
      if (named === '')
        return { status: 200, body: { kind: 'user', name: token, scopes: ['access:services'] } }
      const { name, ...rest } = personIn(named) ?? { name: '' }
      return { status: 200, body: { name: named, groups: [], auth_state: { ...rest, exchange_name: name } } }
    })
    return {
      settings: settingsFor('jupyterhub', {
        apiUrl: `${hub.url}/hub/api`,
        apiToken: SERVICE_TOKEN,
        authState: { name: 'exchange_name' },
      }),
      headers: (person) => bearer(tokenOf(person)),
      stop: () => hub.stop(),
    }
  },
}
