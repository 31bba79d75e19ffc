import { randomFillSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { archive, COURSE, type Face, handIn, person, sha256Of } from './hand-in.ts'
import type { Random } from './random.ts'

/** A file that the service said it has. */
export interface Acknowledged {
  student: string
  sha256: string
  face: Face
}

export interface StormOptions {
  url: string
  random: Random
  /** How many students hand in at the same time. */
  students: number
  /** Largest file, in bytes. */
  maxBytes: number
  /** At most so many files in all. */
  files: number
}

/** Students who hand in without a pause, over both faces, until the service is gone or `stop` is called. */
export class Storm {
  /** In the order of the answers. */
  readonly acknowledged: Acknowledged[] = []
  /** The digest of every file of which at least one byte may have been sent. */
  readonly sent = new Set<string>()
  /** Answers that were neither success nor a broken connection. */
  readonly refusals: string[] = []
  readonly #options: StormOptions
  #left: number
  #stopped = false
  readonly #ended: Promise<unknown>

  constructor(options: StormOptions) {
    this.#options = options
    this.#left = options.files
    const names = Array.from({ length: options.students }, (_, index) => `student${index + 1}`)
    this.#ended = Promise.all(names.map((name) => this.#work(name)))
  }

  /** Resolves once something was acknowledged, or after a minute: on a slow machine a moment is over before anything has happened. */
  async begun(): Promise<void> {
    const end = performance.now() + 60_000
    while (this.acknowledged.length === 0 && performance.now() < end) await sleep(10)
  }

  /** Resolves when the last answer is in, or the connections are broken. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#ended
  }

  async #work(name: string): Promise<void> {
    const student = person(name, 'Student', COURSE)
    const { random, maxBytes, url } = this.#options
    while (!this.#stopped && this.#left-- > 0) {
      const body = archive(randomFillSync(Buffer.alloc(random.integer(1, maxBytes - 4))))
      const sha256 = sha256Of(body)
      const face: Face = random.next() < 0.5 ? 'api' : 'legacy'
      this.sent.add(sha256)
      try {
        const answer = await handIn(url, { face, student, body })
        if (answer.acknowledged) this.acknowledged.push({ student: name, sha256, face })
        else this.refusals.push(`${face}: ${answer.status}`)
      } catch (error) {
        if (!(error instanceof TypeError)) throw error
        return
      }
    }
  }
}
