import type { FastifyRequest } from 'fastify'
import type { UserPlugin } from '../auth/user-plugin.ts'
import { ExchangeError } from '../errors.ts'
import { type Person, personFrom } from '../exchange/identity.ts'

const ANSWER_WITHIN = 5_000

/** Shorter than the time after which a running upload is authorised once more. */
const COUNTS_FOR = 4_000

const asked = new WeakMap<FastifyRequest, { at: number; person: Promise<Person> }>()

/**
 * Who sent this request; an answer of the plugin counts for 4 seconds of the same request. Throws `unauthenticated` when
 * nobody is signed in, `forbidden` when the identity lacks something, `unavailable` when the plugin throws or
 * takes more than 5 seconds.
 */
export function identify(request: FastifyRequest, userPlugin: UserPlugin): Promise<Person> {
  const known = asked.get(request)
  if (known && performance.now() - known.at < COUNTS_FOR) return known.person
  const person = ask(request, userPlugin)
  asked.set(request, { at: performance.now(), person })
  return person
}

async function ask(request: FastifyRequest, userPlugin: UserPlugin): Promise<Person> {
  const identity = hasTwoCredentials(request) ? null : await inTime(request, userPlugin)
  if (identity === null) throw new ExchangeError('not_signed_in')
  return personFrom(identity)
}

async function inTime(request: FastifyRequest, userPlugin: UserPlugin) {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_WITHIN} ms`)), ANSWER_WITHIN)
  })
  try {
    const answer = userPlugin.getCurrentUser({
      method: request.method,
      headers: request.headers,
      url: request.raw.url ?? '/',
      remoteAddress: request.raw.socket.remoteAddress ?? '',
    })
    return (await Promise.race([answer, timeout])) ?? null
  } catch (error) {
    if (error instanceof ExchangeError && error.code === 'forbidden') throw error
    throw new ExchangeError('sign_in_unavailable', {}, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** Node keeps the first of two `Authorization` headers; a proxy may have judged by the second. */
function hasTwoCredentials(request: FastifyRequest): boolean {
  const { rawHeaders } = request.raw
  return rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'authorization').length > 1
}
