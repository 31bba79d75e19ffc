import { keepNewest } from '../newest.ts'

/**
 * For so long a file counts as verified. What a storage says of a file tells that nobody wrote to it, not that the disk kept it; so
 * the time is short: whoever reads it then gets it from the memory from which it was hashed.
 */
const COUNTS_FOR_MS = 60_000
/** Storages count time in steps, the coarsest in seconds: of two changes within one step the second leaves no trace. */
const SETTLES_IN_MS = 2_000
const KEPT = 1000

interface Known {
  /** What the storage says of the file, and what the file should be. */
  state: string
  /** When that was first seen. */
  since: number
  verifiedAt: number | null
}

/**
 * Which files were read whole a moment ago and found right, so that a class that fetches one file does not hash it
 * once for everybody. A file counts as another one as soon as its storage says that it may have changed.
 */
export class VerifiedFiles {
  readonly #known = new Map<string, Known>()
  readonly #now: () => number

  /** `now`: milliseconds that never go back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /**
   * To be asked before a file is read, with its `state` now: whether it was verified in that state a moment ago. `remember` is for
   * whoever then reads all of it and finds it right; it does nothing where the state is so new that a change may hide in it.
   */
  look(key: string, state: string | undefined): { isVerified: boolean; remember(): void } {
    const begun = this.#now()
    const known = this.#known.get(key)
    if (state === undefined) return { isVerified: false, remember() {} }
    if (known?.state !== state) {
      this.#keep(key, { state, since: begun, verifiedAt: null })
      return { isVerified: false, remember() {} }
    }
    return {
      isVerified: known.verifiedAt !== null && begun - known.verifiedAt < COUNTS_FOR_MS,
      remember: () => {
        const isSettled = begun - known.since >= SETTLES_IN_MS
        if (isSettled) this.#keep(key, { ...known, verifiedAt: this.#now() })
      },
    }
  }

  #keep(key: string, value: Known): void {
    keepNewest(this.#known, { key, value, limit: KEPT })
  }
}
