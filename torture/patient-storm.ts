import { randomFillSync, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, archive, COURSE, handIn, ownReceipts, person, sha256Of } from './hand-in.ts'
import type { Random } from './random.ts'
import type { Acknowledged } from './storm.ts'

/** Milliseconds before the plugin's second, third and fourth attempt, on average (`transfer.py`, PAUSES). */
const PAUSES = [750, 1500, 3000]
/** The answers after which it makes another one (`answers.py`, _BUSY). */
const BUSY = [429, 502, 503, 504]

/** Students who hand in as the plugin does: each attempt with the same key, again where the service was not there. */
export class PatientStorm {
  readonly acknowledged: Acknowledged[] = []
  /** How many attempts failed and were made again. */
  repeated = 0
  /** What patience did not help against. */
  readonly unmended: string[] = []
  /** Who hands in. */
  readonly names: readonly string[]
  readonly #options: { url: string; random: Random; students: number; maxBytes: number }
  #stopped = false
  readonly #ended: Promise<unknown>

  constructor(options: { url: string; random: Random; students: number; maxBytes: number }) {
    this.#options = options
    this.names = Array.from({ length: options.students }, (_, index) => `student${index + 1}`)
    this.#ended = Promise.all(this.names.map((name) => this.#work(name)))
  }

  /** Resolves when the last answer is in. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#ended
  }

  async #work(name: string): Promise<void> {
    const student = person(name, 'Student', COURSE)
    const { random, maxBytes, url } = this.#options
    for (let count = 1; !this.#stopped; count++) {
      const body = archive(randomFillSync(Buffer.alloc(random.integer(1, maxBytes - 4))))
      const idempotencyKey = randomUUID()
      const answer = await this.#patiently(() => handIn(url, { face: 'api', student, body, idempotencyKey }))
      if (answer?.acknowledged) {
        this.acknowledged.push({ student: name, sha256: sha256Of(body), face: 'api' })
      } else this.unmended.push(`${name}'s upload ${count}: ${answer?.status ?? 'no connection'}`)
      if (count % 5 === 0) await this.#look(name)
    }
  }

  /** A list while replicas come and go: it must hold what its owner was told, also by another replica. */
  async #look(name: string): Promise<void> {
    const told = this.acknowledged.filter((file) => file.student === name).map((file) => file.sha256)
    const student = person(name, 'Student', COURSE)
    for (const pause of [...PAUSES, 0]) {
      try {
        const listed = new Set((await ownReceipts(this.#options.url, student)).map(({ sha256 }) => sha256))
        const missing = told.filter((sha256) => !listed.has(sha256))
        if (missing.length > 0)
          this.unmended.push(`${name}'s list lacks ${missing.length} acknowledged files`)
        return
      } catch (error) {
        if (pause === 0) this.unmended.push(`${name}'s list: ${String(error)}`)
        this.repeated += 1
        await sleep(pause)
      }
    }
  }

  async #patiently(attempt: () => Promise<Answer>): Promise<Answer | undefined> {
    let last: Answer | undefined
    for (const pause of [...PAUSES, 0]) {
      try {
        last = await attempt()
        if (!BUSY.includes(last.status)) return last
      } catch (error) {
        // Node's word for a connection that broke.
        if (!(error instanceof TypeError)) throw error
        last = undefined
      }
      if (pause === 0) break
      this.repeated += 1
      await sleep(pause * (0.6 + 0.8 * this.#options.random.next()))
    }
    return last
  }
}
