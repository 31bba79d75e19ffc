import { keepNewest } from '../newest.ts'

/** For so long a file counts as verified: whoever reads it then gets it from the memory from which it was hashed. */
const COUNTS_FOR_MS = 60_000
const KEPT = 1000

/**
 * Which files were read whole a moment ago and found right, so that a class that fetches one file does not hash it
 * once for everybody. A file counts as another one as soon as its storage says that it may have changed.
 */
export class VerifiedFiles {
  readonly #known = new Map<string, { state: string; at: number }>()
  readonly #now: () => number

  /** `now`: milliseconds that never go back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** `state`: what the storage says of the file now, and what it should be; never true without one. */
  has(key: string, state: string | undefined): boolean {
    const known = this.#known.get(key)
    return known !== undefined && known.state === state && this.#now() - known.at < COUNTS_FOR_MS
  }

  add(key: string, state: string | undefined): void {
    if (state === undefined) return
    keepNewest(this.#known, { key, value: { state, at: this.#now() }, limit: KEPT })
  }
}
