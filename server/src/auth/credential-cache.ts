import { createHash } from 'node:crypto'
import { keepNewest } from '../newest.ts'
import type { Identity, UserRequest } from './user-plugin.ts'

/** What may change on a site between two questions: for so long an answer may be old. */
export interface Staleness {
  /** Seconds for which an answer counts when something is read. */
  cacheSeconds: number
  /** Answers that are kept at the most. */
  entries?: number
}

/** Longest time for which an answer counts when something is changed, in milliseconds. */
const WRITE_MS = 5_000
/** For so long nobody is asked again about a credential that means nobody, in milliseconds. */
const NOBODY_MS = 2_000

const READS = ['GET', 'HEAD', 'OPTIONS']

interface Entry {
  askedAt: number
  answer: Promise<Identity | null>
}

/**
 * Remembers who a credential means, by its hash, so that the identity provider is not asked for every request; who asks
 * about the same credential meanwhile waits for the same answer. Failures are not remembered.
 */
export class CredentialCache {
  readonly #readMs: number
  readonly #limit: number
  readonly #entries = new Map<string, Entry>()
  readonly #now: () => number

  constructor({ cacheSeconds, entries = 10_000 }: Staleness, now: () => number = () => performance.now()) {
    this.#readMs = cacheSeconds * 1000
    this.#limit = entries
    this.#now = now
  }

  /** The remembered answer where it is young enough for this request, or else that of `ask`. */
  async identify(
    request: Pick<UserRequest, 'method'>,
    credential: string,
    ask: () => Promise<Identity | null>,
  ): Promise<Identity | null> {
    const key = createHash('sha256').update(credential).digest('base64')
    const longest = READS.includes(request.method) ? this.#readMs : Math.min(this.#readMs, WRITE_MS)
    const known = this.#entries.get(key)
    if (known) {
      const age = this.#now() - known.askedAt
      const answer = await known.answer
      if (age < (answer === null ? Math.min(longest, NOBODY_MS) : longest)) return answer
    }
    const current = this.#entries.get(key)
    return current && current !== known ? current.answer : this.#ask(key, ask)
  }

  #ask(key: string, ask: () => Promise<Identity | null>): Promise<Identity | null> {
    const answer = ask()
    keepNewest(this.#entries, { key, value: { askedAt: this.#now(), answer }, limit: this.#limit })
    answer.catch(() => {
      if (this.#entries.get(key)?.answer === answer) this.#entries.delete(key)
    })
    return answer
  }
}
