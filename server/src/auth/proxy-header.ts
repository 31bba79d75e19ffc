import { type Static, Type } from 'typebox'
import { trustedAddresses } from './trusted-proxies.ts'
import type { Identity, UserPlugin, UserRequest } from './user-plugin.ts'

export const proxyHeaderOptions = Type.Object(
  {
    header: Type.String({
      pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
      default: 'X-Exchange-User',
      description: 'The header in which the proxy puts the user as one line of JSON',
    }),
  },
  { additionalProperties: false },
)

/**
 * The user as a JSON object in a header, put there by a proxy that has signed the user in. The header counts only
 * from peers in `trustedProxies`; from anybody else it is ignored. The proxy must remove what a client sent itself.
 */
export class ProxyHeaderUserPlugin implements UserPlugin {
  readonly #header: string
  readonly #isTrusted: (address: string) => boolean

  constructor(options: Static<typeof proxyHeaderOptions>, trustedProxies: readonly string[]) {
    this.#header = options.header.toLowerCase()
    this.#isTrusted = trustedAddresses(trustedProxies)
  }

  async getCurrentUser(request: UserRequest): Promise<Identity | null> {
    const value = request.headers[this.#header]
    if (typeof value !== 'string' || !this.#isTrusted(request.remoteAddress)) return null
    return identityIn(value)
  }
}

/** Node hands header bytes over as latin1, but the JSON is UTF-8. What cannot be read signs nobody in. */
function identityIn(value: string): Identity | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'))
    const user: unknown = JSON.parse(text)
    return isRecord(user) ? (user as unknown as Identity) : null
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null
    throw error
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
