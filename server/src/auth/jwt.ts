import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { type Static, Type } from 'typebox'
import { ExchangeError } from '../errors.ts'
import { bearerToken, cookie } from './credentials.ts'
import { fieldPlaces, identityFrom } from './fields.ts'
import type { Identity, UserPlugin, UserRequest } from './user-plugin.ts'

const SYMMETRIC = ['HS256', 'HS384', 'HS512'] as const
const ASYMMETRIC = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
] as const

export const jwtOptions = Type.Object(
  {
    secret: Type.Optional(
      Type.String({
        minLength: 32,
        description: 'The secret of HS256, at least 32 characters. This or `jwksUrl`',
      }),
    ),
    jwksUrl: Type.Optional(
      Type.String({
        pattern: '^https?://',
        description: 'Where the public keys of the issuer are; fetched again when a key is new',
      }),
    ),
    algorithms: Type.Optional(
      Type.Array(Type.Union([...SYMMETRIC, ...ASYMMETRIC].map((name) => Type.Literal(name))), {
        minItems: 1,
        description:
          'The signatures that are believed; `["HS256"]` with a secret, `["RS256"]` with `jwksUrl`',
      }),
    ),
    issuer: Type.Optional(
      Type.String({ minLength: 1, description: 'Who must have issued the token (`iss`)' }),
    ),
    audience: Type.Optional(Type.String({ minLength: 1, description: 'For whom it must be (`aud`)' })),
    leeway: Type.Integer({
      minimum: 0,
      maximum: 600,
      default: 30,
      description: 'Seconds by which clocks may differ',
    }),
    cookie: Type.String({
      pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
      default: 'noteable_auth',
      description: 'The cookie that holds the token where there is no `Authorization: Bearer`',
    }),
    claims: Type.Optional(fieldPlaces),
  },
  { additionalProperties: false },
)

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

  /** Throws `invalid` where the options contradict each other. */
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
    throw new ExchangeError(
      'invalid',
      'userPluginOptions of the user plugin jwt: give either secret or jwksUrl.',
    )
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
  throw new ExchangeError(
    'invalid',
    `userPluginOptions.algorithms of the user plugin jwt: ${wrong} does not go with ${given}.`,
  )
}
