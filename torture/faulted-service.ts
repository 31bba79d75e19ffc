import { randomFillSync } from 'node:crypto'
import { join } from 'node:path'
import { auditStore, lostOf } from './audit.ts'
import { type Fault, Faults, faultfsLibrary } from './faultfs.ts'
import { archive, COURSE, type Face, handIn, person, release, sha256Of } from './hand-in.ts'
import { scratchFolder } from './scratch.ts'
import { ServiceChild } from './service-child.ts'
import type { Acknowledged } from './storm.ts'

const student = person('sam', 'Student', COURSE)

export const isSuccess = (status: number) => status === 200 || status === 201

/** A service over a disk that fails when told to, and what it has said that it has. */
export class FaultedService {
  readonly faults = new Faults(join(scratchFolder(), 'control'))
  readonly #directory = scratchFolder()
  readonly #known = { sent: new Set<string>(), checked: new Set<string>() }
  readonly #acknowledged: Acknowledged[] = []
  #child: ServiceChild | undefined

  get child(): ServiceChild {
    if (!this.#child) throw new Error('not started')
    return this.#child
  }

  /** Starts it; the second time after kill -9, on the same data. */
  async restart(): Promise<void> {
    await this.#child?.kill()
    const env = { LD_PRELOAD: faultfsLibrary(), FF_PATH: this.#directory, FF_CONTROL: this.faults.file }
    const first = this.#child === undefined
    this.#child = await ServiceChild.start({ directory: this.#directory, env })
    if (first) await release(this.#child.url)
  }

  /** Hands in a new file; the status of the answer, 0 for a refusal in the old format, -1 where there was none. */
  async submit(face: Face): Promise<number> {
    const body = archive(randomFillSync(Buffer.alloc(1_500_000)))
    const sha256 = sha256Of(body)
    this.#known.sent.add(sha256)
    const answer = await handIn(this.child.url, { face, student, body }).catch(() => null)
    if (answer?.acknowledged) this.#acknowledged.push({ student: student.name, sha256, face })
    else if (answer?.status === 200) return 0
    return answer?.status ?? -1
  }

  /** The same while a fault is armed; `hit` tells whether it was met. */
  async submitWith(fault: Fault, face: Face): Promise<{ status: number; hit: boolean }> {
    this.faults.arm(fault)
    const status = await this.submit(face)
    return { status, hit: this.faults.disarm() > 0 }
  }

  /** Rows without their file and the like. */
  async problems(): Promise<string[]> {
    return (await auditStore(this.#directory, this.#known)).problems
  }

  /** The same right after a restart: also what was not reaped, and what was acknowledged and is gone. */
  async problemsAfterRestart(): Promise<string[]> {
    const { partials, problems } = await auditStore(this.#directory, this.#known)
    const litter = partials > 0 ? [`${partials} partial files were not reaped`] : []
    return [...problems, ...litter, ...(await lostOf(this.child.url, this.#acknowledged))]
  }

  async close(): Promise<void> {
    await this.#child?.stop()
    this.faults.close()
  }
}
