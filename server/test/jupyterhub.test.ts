import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { describeUserPlugin } from './conformance/user-plugin.ts'
import { ACCESS, type HubState, hubState, SERVICE_TOKEN, startFakeHub } from './fake-hub.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { loadSignIn, requestWith } from './load-sign-in.ts'
import { startTestService } from './start.ts'

/** The rules, on a Hub of our own making. The real JupyterHub is met in plugin/tests/hub. */

const hubs: IdentityProvider[] = []
afterAll(() => Promise.all(hubs.map((hub) => hub.stop())))

let state: HubState
let hub: IdentityProvider
beforeEach(async () => {
  state = hubState()
  hub = await startFakeHub(state)
  hubs.push(hub)
})

const withToken = (token: string) => requestWith({ authorization: `token ${token}` })

async function load(options: Record<string, unknown> = {}) {
  return loadSignIn('jupyterhub', options, {
    hubEnvironment: {
      JUPYTERHUB_API_URL: `${hub.url}/hub/api`,
      JUPYTERHUB_API_TOKEN: SERVICE_TOKEN,
    },
  })
}

describeUserPlugin('jupyterhub', {
  create: () => load(),
  signedIn: [
    { name: 'ina', request: withToken('ina') },
    { name: 'zoe', request: requestWith({ authorization: 'Bearer zoe' }) },
  ],
  nobody: {
    'with an unknown token': withToken('unknown'),
    'with the token of a service': withToken(SERVICE_TOKEN),
    'with a token in the address': { url: '/?token=ina' },
  },
  breakProvider: () => hub.stop(),
})

describe('courses', () => {
  test('are those of all groups, each with its role; who grades is no student there', async () => {
    const identity = await (await load()).getCurrentUser(withToken('ina'))
    expect(identity?.courses).toEqual([
      { course_id: 'bio', course_role: 'Instructor' },
      { course_id: 'chem', course_role: 'Student' },
    ])
  })

  test('of somebody in one course are that course, for old plugins too', async () => {
    const identity = await (await load()).getCurrentUser(withToken('zoe'))
    expect(identity).toMatchObject({ course_id: 'bio', course_role: 'Student', org_id: 1 })
  })

  test('follow the patterns of the config', async () => {
    state.users.zoe = { groups: ['/courses/bio/ta', '/courses/bio', 'nbgrader-x', '/courses/'] }
    const groups = [
      { pattern: '/courses/{course}/ta', role: 'TeachingAssistant' },
      { pattern: '/courses/{course}', role: 'Student' },
    ]
    const identity = await (await load({ groups, orgId: 4 })).getCurrentUser(withToken('zoe'))
    expect(identity?.org_id).toBe(4)
    expect(identity?.courses).toContainEqual({ course_id: 'bio', course_role: 'TeachingAssistant' })
  })

  test('and names may stand in auth_state', async () => {
    state.tokens[SERVICE_TOKEN]?.scopes.push('admin:auth_state')
    state.users.zoe = {
      groups: [],
      auth_state: { user: { mail: 'z@x' }, courses: [{ course_id: 'lti', course_role: 'Instructor' }] },
    }
    const plugin = await load({ authState: { email: '/user/mail' } })
    await plugin.check?.()
    expect(await plugin.getCurrentUser(withToken('zoe'))).toMatchObject({
      name: 'zoe',
      email: 'z@x',
      course_id: 'lti',
      course_role: 'Instructor',
    })
  })
})

describe('scopes', () => {
  test('a token that may not use the service is refused with the name of the scope', async () => {
    await expect((await load()).getCurrentUser(withToken('no-scope'))).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining(ACCESS),
    })
  })

  test('the refusal reaches the client as 403', async () => {
    const service = await startTestService({
      NBEX_USER_PLUGIN: 'jupyterhub',
      JUPYTERHUB_API_URL: `${hub.url}/hub/api`,
      JUPYTERHUB_API_TOKEN: SERVICE_TOKEN,
    })
    const answer = await fetch(`${service.url}api/v1/me`, { headers: { authorization: 'token no-scope' } })
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'forbidden' }])
    await service.close()
  })

  test('a service whose own token lacks one does not start, and says which', async () => {
    state.tokens[SERVICE_TOKEN] = { name: 'nbexchange', kind: 'service', scopes: ['read:users:name'] }
    await expect((await load()).check?.()).rejects.toThrow('lacks the scopes read:users:groups')
    await expect((await load()).getCurrentUser(withToken('zoe'))).rejects.toThrow('read:users:groups')
  })

  test('a Hub that is down does not keep the service from starting', async () => {
    await hub.stop()
    const service = await startTestService({
      NBEX_USER_PLUGIN: 'jupyterhub',
      JUPYTERHUB_API_URL: `${hub.url}/hub/api`,
      JUPYTERHUB_API_TOKEN: SERVICE_TOKEN,
    })
    const answer = await fetch(`${service.url}api/v1/me`, { headers: { authorization: 'token ina' } })
    expect(answer.status).toBe(503)
    await service.close()
  })
})

test('who is taken out of a group loses the course with the next question', async () => {
  const plugin = await load({ cacheSeconds: 0 })
  expect((await plugin.getCurrentUser(withToken('zoe')))?.courses).toHaveLength(1)
  state.users.zoe = { groups: [] }
  expect((await plugin.getCurrentUser(withToken('zoe')))?.courses).toEqual([])
})

test('neither the place of the Hub nor our token may be missing', async () => {
  await expect(loadSignIn('jupyterhub', {})).rejects.toThrow(
    'needs apiUrl in userPluginOptions, or JUPYTERHUB_API_URL',
  )
  await expect(loadSignIn('jupyterhub', { apiUrl: 'http://hub' })).rejects.toThrow('needs apiToken')
})
