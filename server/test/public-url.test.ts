import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hubState, SERVICE_TOKEN, startFakeHub } from './fake-hub.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { startTestService, type TestService } from './start.ts'

/** A service behind a proxy that speaks TLS, has a name of its own and shows another path than ours. */

const BASE = '/services/nbexchange/'
const PUBLIC = 'https://exchange.example.org/nb'
let hub: IdentityProvider
let service: TestService

beforeAll(async () => {
  hub = await startFakeHub({ ...hubState(), codes: { 'good-code': 'ina' } })
  service = await startTestService({
    NBEX_USER_PLUGIN: 'jupyterhub',
    NBEX_PUBLIC_URL: PUBLIC,
    JUPYTERHUB_API_URL: `${hub.url}/hub/api`,
    JUPYTERHUB_API_TOKEN: SERVICE_TOKEN,
    JUPYTERHUB_BASE_URL: '/',
    JUPYTERHUB_CLIENT_ID: 'service-nbexchange',
    JUPYTERHUB_OAUTH_CALLBACK_URL: '/nb/oauth_callback',
  })
})
afterAll(async () => {
  await service.close()
  await hub.stop()
})

const go = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  service.request(null, path, { redirect: 'manual', headers, method })

describe('where people find the service', () => {
  test('sign-in comes back to, and its cookies are kept to it and to TLS', async () => {
    for (const [next, home] of [
      ['/nb/api/v1/me', '/nb/api/v1/me'],
      [`${BASE}api/v1/me`, '/nb/'],
      ['/', '/nb/'],
    ] as const) {
      const begun = await go(`sign-in?next=${encodeURIComponent(next)}`)
      const [line = ''] = begun.headers.getSetCookie()
      const state = new URL(begun.headers.get('location') ?? '', 'http://hub').searchParams.get('state')
      const cookie = line.split(';', 1)[0] ?? ''
      const back = await go(`oauth_callback?code=good-code&state=${state}`, { cookie })
      expect([next, back.status, back.headers.get('location')]).toEqual([next, 302, home])
      const lines = [line, ...back.headers.getSetCookie()]
      expect(lines).toHaveLength(3)
      for (const each of lines) expect(each).toMatch(/; Path=\/nb\/; Secure/)
    }
  })

  test('is an origin whose pages may write, whatever Host the proxy sends; others may not', async () => {
    const statusFor = async (origin: string) => (await go('sign-out', { origin }, 'POST')).status
    expect(await statusFor('https://exchange.example.org')).toBe(204)
    expect(await statusFor('http://exchange.example.org')).toBe(403)
    expect(await statusFor('https://exchange.example.org.evil.example')).toBe(403)
    expect(await statusFor('null')).toBe(403)
  })

  test('stands in the description of the API', async () => {
    const { servers } = (await (await go('api/v1/openapi.json')).json()) as { servers: unknown[] }
    expect(servers).toMatchObject([{ url: PUBLIC }])
  })
})
