import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { UserPluginSettings } from '../src/auth/index.ts'
import type { UserRequest } from '../src/auth/user-plugin.ts'
import { describeUserPlugin } from './conformance/user-plugin.ts'
import { loadSignIn } from './load-sign-in.ts'
import { startTestService } from './start.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures/user-plugins')

/** A site's directory, with two packages installed beside its config. */
const site = mkdtempSync(join(tmpdir(), 'nbexchange-plugins-'))
cpSync(join(FIXTURES, 'packages'), join(site, 'node_modules'), { recursive: true })
afterAll(() => rmSync(site, { recursive: true }))

function load(name: string, { userPluginOptions, ...more }: Partial<UserPluginSettings> = {}) {
  return loadSignIn(name, userPluginOptions, { baseDirectory: FIXTURES, ...more })
}

/** As Node hands it over: the bytes of the UTF-8, each as one character. */
function header(user: unknown): Partial<UserRequest> {
  const text = typeof user === 'string' ? user : JSON.stringify(user)
  return { headers: { 'x-exchange-user': Buffer.from(text).toString('latin1') } }
}

describeUserPlugin('proxy-header', {
  create: () => load('proxy-header'),
  signedIn: [
    {
      name: 'ina',
      request: header({ name: 'ina', course_id: 'c1', course_role: 'Instructor', org_id: '2' }),
    },
    { name: 'Zoë 🎈', request: header({ name: 'Zoë 🎈', courses: [{ course_id: 'c', course_role: 'TA' }] }) },
  ],
  nobody: {
    'with a header that is no JSON': header('{"name": '),
    'with a header that is no object': header('["ina"]'),
    'with a header that is null': header('null'),
    'with a header that is not UTF-8': { headers: { 'x-exchange-user': '{"name":"\xff"}' } },
    'from an address that is not trusted': { ...header({ name: 'ina' }), remoteAddress: '192.0.2.1' },
    'from an IPv6 address that is not trusted': { ...header({ name: 'ina' }), remoteAddress: '2001:db8::1' },
    'from no address': { ...header({ name: 'ina' }), remoteAddress: '' },
    'that only claims to come from a trusted address': {
      headers: { ...header({ name: 'ina' }).headers, 'x-forwarded-for': '127.0.0.1' },
      remoteAddress: '192.0.2.1',
    },
  },
})

describeUserPlugin('demo', {
  create: () => load('demo'),
  signedIn: [
    { name: 'instructor', request: { headers: { authorization: 'Bearer instructor' } } },
    { name: 'student3', request: { headers: { authorization: 'token student3' } } },
  ],
  nobody: {
    'with an unknown name': { headers: { authorization: 'Bearer nobody' } },
    'with a name of the language': { headers: { authorization: 'Bearer __proto__' } },
    'with another scheme': { headers: { authorization: 'Basic student1' } },
    'with a token in the address': { url: '/?token=student1&access_token=student1' },
  },
})

const GOOD = [
  { name: './good.ts', from: FIXTURES },
  { name: 'good.js', from: FIXTURES },
  { name: join(FIXTURES, 'only-class.js'), from: site },
  { name: 'good-package', from: site },
  { name: 'import-only', from: site },
]
for (const { name, from } of GOOD) {
  describeUserPlugin(name.replace(FIXTURES, ''), {
    create: () => load(name, { baseDirectory: from }),
    signedIn: [{ name: 'sam', request: { headers: { 'x-name': 'sam' } } }],
    nobody: { 'with two names': { headers: { 'x-name': ['sam', 'sue'] } } },
  })
}

describe('loading a user plugin', () => {
  it('hands the options of the config to the class', async () => {
    const plugin = await load('./good.ts', { userPluginOptions: { greeting: 'Good morning' } })
    const user = await plugin.getCurrentUser({
      method: 'GET',
      headers: { 'x-name': 'Sam' },
      url: '/',
      remoteAddress: '127.0.0.1',
    })
    expect(user?.full_name).toBe('Good morning Sam')
  })

  const broken: Record<string, RegExp> = {
    './broken-syntax.js': /does not load/,
    './broken-import.js': /does not load: the identity provider has no address/,
    './broken-constructor.js': /does not start: option "url" is missing$/,
    './no-class.js': /exports no class/,
    './two-classes.js': /exports no class/,
    './no-method.js': /has no method getCurrentUser/,
    './missing.ts': /does not load/,
    'no-such-package-of-ours': /does not load/,
    jupyterhub2: /does not load/,
    constructor: /does not load/,
  }
  for (const [name, message] of Object.entries(broken)) {
    it(`stops the start with one line when the plugin is ${name}`, async () => {
      const error: Error = await load(name).then(
        () => expect.unreachable('it loaded'),
        (reason) => reason,
      )
      expect(error.message).toMatch(message)
      expect(error.message).toContain(name)
      expect(error.message).not.toContain('\n')
    })
  }

  it('refuses options that a built-in plugin does not have, naming them', async () => {
    await expect(load('proxy-header', { userPluginOptions: { heading: 'X' } })).rejects.toThrow(
      /userPluginOptions/,
    )
    await expect(load('proxy-header', { userPluginOptions: { header: 'no good\r\n' } })).rejects.toThrow(
      /userPluginOptions\.header/,
    )
    await expect(load('demo', { userPluginOptions: { users: 3 } })).rejects.toThrow(/userPluginOptions/)
  })

  it('refuses the demo sign-in where others than this machine could reach it', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org', '']) {
      await expect(load('demo', { host })).rejects.toThrow(/only this machine/)
    }
    for (const host of ['localhost', '127.0.0.1', '127.3.2.1', '::1']) await load('demo', { host })
  })

  it('takes the header and the trusted networks that the config names', async () => {
    const plugin = await load('proxy-header', {
      userPluginOptions: { header: 'X-Remote-User' },
      trustedProxies: ['10.1.0.0/16', '2001:db8::/32', '192.0.2.7'],
    })
    const ask = async (remoteAddress: string) => {
      const headers = { 'x-remote-user': '{"name":"ina"}' }
      return (await plugin.getCurrentUser({ method: 'GET', headers, url: '/', remoteAddress }))?.name
    }
    for (const inside of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::9', '192.0.2.7']) {
      expect(await ask(inside), inside).toBe('ina')
    }
    for (const outside of ['10.2.0.1', '::ffff:10.2.0.1', '2001:db9::1', '192.0.2.8', '127.0.0.1', '::1']) {
      expect(await ask(outside), outside).toBeUndefined()
    }
  })

  it('refuses an entry in trustedProxies that is no network', async () => {
    for (const entry of ['10.0.0.0/33', 'proxy.example.org', '10.0.0.1/', '10.0.0.0/8/8', '']) {
      await expect(load('proxy-header', { trustedProxies: [entry] })).rejects.toThrow(/trustedProxies/)
    }
  })
})

describe('a user plugin that never answers', () => {
  it('is given up after some seconds, on both faces, and holds nobody else up', async () => {
    const service = await startTestService({ NBEX_USER_PLUGIN: join(FIXTURES, 'hanging.js') })
    try {
      const [api, legacy, upload] = await Promise.all([
        service.api(null, 'me'),
        service.request(null, 'assignments?course_id=bio'),
        service.api(null, 'courses/bio/assignments/ps1/submissions', {
          method: 'POST',
          body: 'never looked at',
        }),
        service.request(null, '').then((answer) => expect(answer.status).toBe(200)),
      ])
      expect([api.status, legacy.status, upload.status]).toEqual([503, 503, 503])
      expect(await api.json()).toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('sign-in'),
      })
      expect(await legacy.json()).toMatchObject({ success: false, note: expect.stringContaining('sign-in') })
    } finally {
      await service.close()
    }
  })
})
