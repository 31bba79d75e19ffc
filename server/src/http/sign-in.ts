import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BrowserSignIn } from '../auth/user-plugin.ts'
import { ExchangeError } from '../errors.ts'
import type { AddressSettings } from './options.ts'

const STATE_COOKIE = 'nbexchange_state'
/** For so long somebody may look at the page of the identity provider, in seconds. */
const PATIENCE = 600

interface SignInOptions {
  browser: BrowserSignIn
  settings: AddressSettings
}

/** `sign-in?next=PATH` leads to the identity provider, `oauth_callback` back from it, `sign-out` forgets. */
export function signInRoutes(app: FastifyInstance, { browser, settings }: SignInOptions): void {
  const hidden = { schema: { hide: true } }
  const home = homeOf(settings)

  app.get('/sign-in', hidden, async (request, reply) => {
    const state = randomBytes(24).toString('base64url')
    const next = Buffer.from(ownPath(queryValue(request, 'next'), home.path)).toString('base64url')
    const cookie = { name: STATE_COOKIE, value: `${state}.${next}`, seconds: PATIENCE }
    setCookies(request, reply, { home, cookies: [cookie] })
    return reply.redirect(browser.addressFor(state))
  })

  app.get('/oauth_callback', hidden, async (request, reply) => {
    const [state = '', next = ''] = cookieValue(request, STATE_COOKIE).split('.')
    const code = queryValue(request, 'code')
    if (state === '' || code === '' || !same(state, queryValue(request, 'state'))) {
      throw new ExchangeError('sign_in_not_begun')
    }
    const credential = await redeem(browser, code)
    if (credential === null) throw new ExchangeError('sign_in_refused')
    const cookies = [
      { name: STATE_COOKIE, value: '', seconds: 0 },
      { name: browser.cookie, value: credential },
    ]
    setCookies(request, reply, { home, cookies })
    return reply.redirect(ownPath(Buffer.from(next, 'base64url').toString(), home.path))
  })

  app.post('/sign-out', hidden, async (request, reply) => {
    setCookies(request, reply, { home, cookies: [{ name: browser.cookie, value: '', seconds: 0 }] })
    return reply.code(204).send()
  })
}

async function redeem(browser: BrowserSignIn, code: string): Promise<string | null> {
  try {
    return await browser.redeem(code)
  } catch (error) {
    throw new ExchangeError('sign_in_unavailable', {}, { cause: error })
  }
}

/** Where the browser finds us. */
interface Home {
  /** With both slashes. */
  path: string
  /** Whether it is known to speak TLS. */
  isHttps: boolean
}

function homeOf({ baseUrl, publicUrl }: AddressSettings): Home {
  if (publicUrl === undefined) return { path: baseUrl, isHttps: false }
  const { pathname, protocol } = new URL(publicUrl)
  return { path: pathname, isHttps: protocol === 'https:' }
}

/** A path below ours, or else our home: nobody is sent to another site from here. */
function ownPath(wanted: string, home: string): string {
  const here = 'http://here.invalid'
  if (!URL.canParse(wanted, here)) return home
  const { origin, pathname, search } = new URL(wanted, here)
  const isOurs = origin === here && pathname.startsWith(home) && !pathname.startsWith('//')
  return isOurs ? pathname + search : home
}

function queryValue(request: FastifyRequest, name: string): string {
  const value = (request.query as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : ''
}

function cookieValue(request: FastifyRequest, name: string): string {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  const found = pairs.filter((pair) => pair.startsWith(`${name}=`))
  return found.length === 1 ? (found[0] ?? '').slice(name.length + 1) : ''
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

interface Cookie {
  name: string
  value: string
  /** Until the browser is closed where it is absent. */
  seconds?: number
}

/** No script reads them, and no other site's form sends them. */
function setCookies(
  request: FastifyRequest,
  reply: FastifyReply,
  { cookies, home }: { home: Home; cookies: readonly Cookie[] },
): void {
  const isHttps = home.isHttps || /^https\b/.test(String(request.headers['x-forwarded-proto'] ?? ''))
  const common = ['HttpOnly', 'SameSite=Lax', `Path=${home.path}`, ...(isHttps ? ['Secure'] : [])]
  const lines = cookies.map(({ name, value, seconds }) =>
    [`${name}=${value}`, ...common, ...(seconds === undefined ? [] : [`Max-Age=${seconds}`])].join('; '),
  )
  reply.header('set-cookie', lines).header('cache-control', 'no-store')
}
