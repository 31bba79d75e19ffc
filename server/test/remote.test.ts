import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeUserPlugin } from './conformance/user-plugin.ts'
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts'
import { loadSignIn, requestWith } from './load-sign-in.ts'

/** The sessions of a site: what stands in the cookie is who it is. */
function site(): Promise<IdentityProvider> {
  return startIdentityProvider(({ headers }) => {
    const name = /session=(\w+)/.exec(headers.cookie ?? '')?.[1]
    if (name === undefined || name === 'unknown') return { status: 401 }
    if (name === 'banned') return { status: 403 }
    if (name === 'silent') return 'nothing'
    if (name === 'moved') return { status: 302 }
    return { status: 200, body: { name, courses: [{ course_id: 'bio', course_role: 'Student' }] } }
  })
}

let provider: IdentityProvider
beforeAll(async () => {
  provider = await site()
})
afterAll(() => provider.stop())

const session = (name: string) => ({ headers: { cookie: `session=${name}` } })

let broken: IdentityProvider | undefined
afterAll(() => broken?.stop())

describeUserPlugin('remote', {
  create: async () => {
    broken ??= await site()
    return loadSignIn('remote', { url: broken.url })
  },
  signedIn: [
    { name: 'ada', request: session('ada') },
    { name: 'zoe', request: session('zoe') },
  ],
  nobody: { 'that the site does not know': session('unknown'), 'that the site refuses': session('banned') },
  breakProvider: async () => {
    await broken?.stop()
    broken = undefined
  },
})

test('what is passed on is what the config names, and nothing else', async () => {
  const seen: Record<string, unknown>[] = []
  const own = await startIdentityProvider(({ headers }) => {
    seen.push(headers)
    return { status: 200, body: { user: { login: 'ada' } } }
  })
  const plugin = await loadSignIn('remote', {
    url: own.url,
    headers: ['X-Token'],
    fields: { name: '/user/login' },
  })
  expect(await plugin.getCurrentUser(requestWith({ cookie: 'c=1' }))).toBeNull()
  expect(await plugin.getCurrentUser(requestWith({ cookie: 'c=1', 'x-token': 't' }))).toMatchObject({
    name: 'ada',
  })
  expect(seen).toMatchObject([{ 'x-token': 't' }])
  expect(seen[0]).not.toHaveProperty('cookie')
  await own.stop()
})

test.each(['silent', 'moved'])('a provider that is %s is an outage', async (name) => {
  const plugin = await loadSignIn('remote', { url: provider.url, timeout: 300 })
  await expect(plugin.getCurrentUser(requestWith(session(name).headers))).rejects.toThrow()
})

test('a page in the place of JSON is an outage', async () => {
  const plugin = await loadSignIn('remote', { url: `${provider.url}/` })
  const page = await startIdentityProvider(() => ({ status: 200, body: [] }))
  const wrong = await loadSignIn('remote', { url: page.url })
  expect(await wrong.getCurrentUser(requestWith(session('ada').headers))).toBeNull()
  await page.stop()
  expect(await plugin.getCurrentUser(requestWith(session('ada').headers))).toMatchObject({ name: 'ada' })
})

test('one person who opens ten pages is asked about once', async () => {
  const own = await site()
  const plugin = await loadSignIn('remote', { url: own.url })
  await Promise.all(
    Array.from({ length: 10 }, () => plugin.getCurrentUser(requestWith(session('ada').headers))),
  )
  expect(own.asked).toBe(1)
  await own.stop()
})
