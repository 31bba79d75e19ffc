import { Type } from 'typebox'
import { fieldPlaces } from './fields.ts'

export const SYMMETRIC = ['HS256', 'HS384', 'HS512'] as const
export const ASYMMETRIC = [
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
