import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Static } from 'typebox'
import { bearerToken, cookie } from './credentials.ts'
import { identityFrom } from './fields.ts'
import { ASYMMETRIC, type jwtOptions, SYMMETRIC } from './jwt-options.ts'
import type { Identity, UserPlugin, UserRequest } from './user-plugin.ts'

type JwtOptions = Static<typeof jwtOptions>

/** What a token can be without being anybody's: expired, forged, garbled, for others. Everything else is an outage. */
const NOBODY = [
  errors.JWTExpired,
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
]

/** The user in a signed token (RFC 7519). A token must expire (`exp`); `nbf`, and `iss` and `aud` where configured, are checked. */
export class JwtUserPlugin implements UserPlugin {
  readonly #key: JWTVerifyGetKey
  readonly #algorithms: string[]
  readonly #options: JwtOptions

  /** Throws where the options contradict each other. */
  constructor(options: JwtOptions) {
    this.#options = options
    this.#algorithms = algorithmsOf(options)
    this.#key = keyOf(options)
  }

  async getCurrentUser(request: UserRequest): Promise<Identity | null> {
    const { audience, claims = {}, cookie: name, issuer, leeway } = this.#options
    const token = bearerToken(request) ?? cookie(request, name)
    if (token === undefined) return null
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: this.#algorithms,
        clockTolerance: leeway,
        requiredClaims: ['exp'],
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      })
      return identityFrom(payload, claims)
    } catch (error) {
      if (NOBODY.some((kind) => error instanceof kind)) return null
      throw error
    }
  }
}

function keyOf({ jwksUrl, secret }: JwtOptions): JWTVerifyGetKey {
  if ((secret === undefined) === (jwksUrl === undefined)) {
    throw new Error('userPluginOptions of the user plugin jwt: give either secret or jwksUrl.')
  }
  if (jwksUrl !== undefined) return createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 3_000 })
  const bytes = new TextEncoder().encode(secret)
  return async () => bytes
}

/** A public key must never be taken for a shared secret, so the two families do not mix. */
function algorithmsOf({ algorithms, secret }: JwtOptions): string[] {
  const family: readonly string[] = secret === undefined ? ASYMMETRIC : SYMMETRIC
  const chosen: readonly string[] = algorithms ?? [secret === undefined ? 'RS256' : 'HS256']
  const wrong = chosen.find((name) => !family.includes(name))
  if (wrong === undefined) return [...chosen]
  const given = secret === undefined ? 'jwksUrl' : 'secret'
  throw new Error(`userPluginOptions.algorithms of the user plugin jwt: ${wrong} does not go with ${given}.`)
}
