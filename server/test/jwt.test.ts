import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeUserPlugin } from './conformance/user-plugin.ts'
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts'
import { loadSignIn, requestWith } from './load-sign-in.ts'

const SECRET = 'a secret that is long enough for HS256'
const key = new TextEncoder().encode(SECRET)

function token(claims: Record<string, unknown>, signed: { with?: Uint8Array; alg?: string } = {}) {
  return new SignJWT({ name: 'ada', ...claims })
    .setProtectedHeader({ alg: signed.alg ?? 'HS256' })
    .setExpirationTime(typeof claims.exp === 'number' ? claims.exp : '5m')
    .sign(signed.with ?? key)
}

const bearer = (jwt: string) => ({ headers: { authorization: `Bearer ${jwt}` } })
const ada = await token({ course_id: 'bio', course_role: 'Student' })
const other = new TextEncoder().encode('another secret that is also long enough')
const [head, , signature] = ada.split('.')
const forged = Buffer.from(JSON.stringify({ name: 'root', exp: 9999999999 })).toString('base64url')
const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forged}.`

describeUserPlugin('jwt', {
  create: () => loadSignIn('jwt', { secret: SECRET }),
  signedIn: [
    { name: 'ada', request: bearer(ada) },
    { name: 'ada', request: { headers: { cookie: `a=b; noteable_auth=${ada}` } } },
    { name: 'Zoë 🎈', request: bearer(await token({ name: 'Zoë 🎈' })) },
  ],
  nobody: {
    'with a token of another secret': bearer(await token({}, { with: other })),
    'with an expired token': bearer(await token({ exp: 1 })),
    'with a token that is not valid yet': bearer(await token({ nbf: 9999999999 })),
    'with a token without an end': bearer(
      await new SignJWT({ name: 'ada' }).setProtectedHeader({ alg: 'HS256' }).sign(key),
    ),
    'with a token of another algorithm': bearer(await token({}, { alg: 'HS512' })),
    'with changed claims': bearer(`${head}.${forged}.${signature}`),
    'with a token that nobody signed': bearer(unsigned),
    'with a token without a name': bearer(await token({ name: '' })),
    'with something else': bearer('abc'),
    'with two cookies of that name': {
      headers: { cookie: `noteable_auth=${ada}; noteable_auth=${unsigned}` },
    },
    'with the token in the address': { url: `/?token=${ada}` },
  },
})

describe('claims', () => {
  test('are read where the config says, and all courses are known', async () => {
    const plugin = await loadSignIn('jwt', {
      secret: SECRET,
      claims: { name: 'preferred_username', course_id: '/https:~1~1lti/course', courses: 'teaches' },
    })
    const jwt = await token({
      preferred_username: 'Ada L',
      'https://lti': { course: 'bio' },
      course_role: 'Instructor',
      email: 7,
      teaches: [{ course_id: 'chem', course_role: 'Instructor' }, { course_id: 'no role' }, 'junk'],
      org_id: '12',
    })
    expect(await plugin.getCurrentUser(requestWith(bearer(jwt).headers))).toMatchObject({
      name: 'Ada L',
      course_id: 'bio',
      course_role: 'Instructor',
      org_id: '12',
      courses: [{ course_id: 'chem', course_role: 'Instructor' }],
    })
  })

  test.each([
    ['iss', { issuer: 'https://login' }, { iss: 'https://login' }, { iss: 'https://elsewhere' }],
    ['aud', { audience: 'nbexchange' }, { aud: ['x', 'nbexchange'] }, { aud: 'x' }],
    ['exp and leeway', { leeway: 60 }, { exp: now() - 30 }, { exp: now() - 90 }],
  ])('%s counts', async (_name, options, right, wrong) => {
    const plugin = await loadSignIn('jwt', { secret: SECRET, ...options })
    const ask = async (claims: Record<string, unknown>) =>
      plugin.getCurrentUser(requestWith(bearer(await token(claims)).headers))
    expect(await ask(right)).toMatchObject({ name: 'ada' })
    expect(await ask(wrong)).toBeNull()
    if (!('leeway' in options)) expect(await ask({})).toBeNull()
  })
})

describe('public keys of an issuer', () => {
  let published: object[]
  let issuer: IdentityProvider
  const pairs: Record<string, Awaited<ReturnType<typeof generateKeyPair>>> = {}

  beforeAll(async () => {
    for (const kid of ['old', 'new']) pairs[kid] = await generateKeyPair('RS256')
    published = [await publicKey('old')]
    issuer = await startIdentityProvider(() => ({ status: 200, body: { keys: published } }))
  })
  afterAll(() => issuer.stop())

  async function publicKey(kid: string): Promise<object> {
    const pair = pairs[kid]
    if (!pair) throw new Error('no key')
    return { ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256', use: 'sig' }
  }

  async function signedWith(kid: string): Promise<string> {
    const pair = pairs[kid]
    if (!pair) throw new Error('no key')
    return new SignJWT({ name: kid })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setExpirationTime('5m')
      .sign(pair.privateKey)
  }

  async function ask(plugin: Awaited<ReturnType<typeof loadSignIn>>, jwt: string) {
    return plugin.getCurrentUser(requestWith(bearer(jwt).headers))
  }

  test('are fetched once, and again when a token names a new one', async () => {
    const plugin = await loadSignIn('jwt', { jwksUrl: issuer.url })
    expect(await ask(plugin, await signedWith('old'))).toMatchObject({ name: 'old' })
    expect(await ask(plugin, await signedWith('old'))).toMatchObject({ name: 'old' })
    expect(issuer.asked).toBe(1)
    expect(await ask(plugin, ada)).toBeNull()
  })

  test('that are new are found after a rotation', async () => {
    published = [await publicKey('new')]
    const plugin = await loadSignIn('jwt', { jwksUrl: issuer.url })
    expect(await ask(plugin, await signedWith('new'))).toMatchObject({ name: 'new' })
    expect(await ask(plugin, await signedWith('old'))).toBeNull()
  })

  test('that cannot be had are an outage, not a refusal', async () => {
    const gone = await startIdentityProvider(() => ({ status: 500 }))
    const plugin = await loadSignIn('jwt', { jwksUrl: gone.url })
    await expect(ask(plugin, await signedWith('old'))).rejects.toThrow()
    await gone.stop()
    await expect(ask(plugin, await signedWith('old'))).rejects.toThrow()
  })
})

test.each([
  [{}, /give either secret or jwksUrl/],
  [{ secret: SECRET, jwksUrl: 'https://x' }, /give either secret or jwksUrl/],
  [{ secret: 'short' }, /secret/],
  [{ secret: SECRET, algorithms: ['RS256'] }, /RS256 does not go with secret/],
  [{ jwksUrl: 'https://x', algorithms: ['HS256'] }, /HS256 does not go with jwksUrl/],
  [{ secret: SECRET, algorithms: ['none'] }, /algorithms/],
])('the options %j do not start', async (options, reason) => {
  await expect(loadSignIn('jwt', options)).rejects.toThrow(reason)
})

function now(): number {
  return Math.floor(Date.now() / 1000)
}
