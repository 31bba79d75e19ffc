import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type HubState, hubState, SERVICE_TOKEN, startFakeHub } from './fake-hub.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { archive, startTestService, type TestService, upload } from './start.ts'

/** Sign-in with a browser, on a Hub of our own making. The real JupyterHub is met in plugin/tests/hub. */

const BASE = '/services/nbexchange/'
let state: HubState
let hub: IdentityProvider
let service: TestService

beforeAll(async () => {
  state = hubState()
  hub = await startFakeHub(state)
  service = await startAt(BASE)
})
beforeEach(() => {
  state.codes = { 'good-code': 'ina' }
})
afterAll(async () => {
  await service.close()
  await hub.stop()
})

const startAt = (base: string) =>
  startTestService({
    NBEX_BASE_URL: base,
    NBEX_USER_PLUGIN: 'jupyterhub',
    JUPYTERHUB_API_URL: `${hub.url}/hub/api`,
    JUPYTERHUB_API_TOKEN: SERVICE_TOKEN,
    JUPYTERHUB_BASE_URL: '/',
    JUPYTERHUB_CLIENT_ID: 'service-nbexchange',
    JUPYTERHUB_OAUTH_CALLBACK_URL: `${base}oauth_callback`,
  })

const go = (path: string, cookie = '', headers: Record<string, string> = {}, at = service) =>
  at.request(null, path, { redirect: 'manual', headers: { ...headers, ...(cookie && { cookie }) } })

/** Begins a sign-in; answers where it leads and the cookies for the way back. */
async function begin(next = `${BASE}api/v1/me`, at = service) {
  const answer = await go(`sign-in?next=${encodeURIComponent(next)}`, '', {}, at)
  const address = new URL(answer.headers.get('location') ?? '', 'http://hub.invalid')
  return { answer, address, state: address.searchParams.get('state'), cookie: cookiesOf(answer) }
}

const cookiesOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')

describe('a browser', () => {
  test('is sent to the Hub and comes back to where it was, signed in for reading', async () => {
    const begun = await begin()
    expect(begun.answer.status).toBe(302)
    expect(begun.address.pathname).toBe('/hub/api/oauth2/authorize')
    expect(Object.fromEntries(begun.address.searchParams)).toMatchObject({
      client_id: 'service-nbexchange',
      redirect_uri: `${BASE}oauth_callback`,
      response_type: 'code',
    })
    const back = await go(`oauth_callback?code=good-code&state=${begun.state}`, begun.cookie)
    expect([back.status, back.headers.get('location')]).toEqual([302, `${BASE}api/v1/me`])
    const me = await go('api/v1/me', cookiesOf(back))
    expect(await me.json()).toMatchObject({ name: 'ina' })
  })

  test('gets cookies that no script reads and no other site sends', async () => {
    const begun = await begin()
    const path = `oauth_callback?code=good-code&state=${begun.state}`
    const back = await go(path, begun.cookie, { 'x-forwarded-proto': 'https' })
    const lines = [...begun.answer.headers.getSetCookie(), ...back.headers.getSetCookie()]
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line).toMatch(/; HttpOnly; SameSite=Lax; Path=\/services\/nbexchange\//)
    for (const line of back.headers.getSetCookie()) expect(line).toContain('; Secure')
    expect(back.headers.get('cache-control')).toBe('no-store')
    expect(back.headers.get('location')).not.toMatch(/code|ina/)
  })

  test('changes nothing with a cookie alone, whatever page it comes from', async () => {
    const cookie = 'nbexchange_hub_token=ina'
    const path = 'api/v1/courses/bio/assignments/ps1/releases?notebook=p1'
    for (const site of ['same-origin', 'none', 'same-site', 'cross-site']) {
      const sent = upload(archive('x'), { cookie, 'sec-fetch-site': site })
      expect([site, (await service.request(null, path, sent)).status]).toEqual([
        site,
        site === 'same-origin' || site === 'none' ? 401 : 403,
      ])
    }
    const sent = upload(archive('x'), { authorization: 'token ina' })
    expect((await service.request(null, path, sent)).status).toBe(201)
  })

  test('is signed in by nothing but a sign-in that it began', async () => {
    const { cookie, state: right } = await begin()
    for (const [path, sent] of [
      [`oauth_callback?code=good-code&state=${right}`, ''],
      ['oauth_callback?code=good-code&state=other', cookie],
      ['oauth_callback?code=good-code', cookie],
      [`oauth_callback?state=${right}`, cookie],
      [`oauth_callback?code=bad-code&state=${right}`, cookie],
      ['oauth_callback?code=good-code&state=', 'nbexchange_state='],
    ] as const) {
      const answer = await go(path, sent)
      expect([path, answer.status, answer.headers.getSetCookie()]).toEqual([path, 401, []])
    }
  })

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    '/hub/',
    'x y',
  ])('is not sent on to %s', async (next) => {
    const begun = await begin(next)
    const back = await go(`oauth_callback?code=good-code&state=${begun.state}`, begun.cookie)
    expect(back.headers.get('location')).toBe(BASE)
  })

  test('is not sent to another site where our home is that of the whole host', async () => {
    const atRoot = await startAt('/')
    for (const [next, target] of [
      ['/.//evil.example', '/'],
      ['//evil.example', '/'],
      ['/api/v1/me?x=1', '/api/v1/me?x=1'],
    ] as const) {
      const begun = await begin(next, atRoot)
      // Whoever can set a cookie here names the way back without our `sign-in`.
      const forged = `nbexchange_state=${begun.state}.${Buffer.from(next).toString('base64url')}`
      for (const cookie of [begun.cookie, forged]) {
        const back = await go(`oauth_callback?code=good-code&state=${begun.state}`, cookie, {}, atRoot)
        expect([next, back.headers.get('location')]).toEqual([next, target])
      }
    }
    await atRoot.close()
  })

  test('that signs out is forgotten', async () => {
    const answer = await service.request(null, 'sign-out', { method: 'POST' })
    expect([answer.status, answer.headers.getSetCookie()[0]]).toEqual([
      204,
      'nbexchange_hub_token=; HttpOnly; SameSite=Lax; Path=/services/nbexchange/; Max-Age=0',
    ])
  })
})
