import { createHash } from 'node:crypto'
import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream'

/** The stored bytes are not the bytes that were stored: a defect of the disk or of somebody with a shell. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError'
  readonly code = 'damaged'
}

export interface Wanted {
  /** For the message. */
  key: string
  /** How many bytes the stream must give. */
  bytes: number
  /** Lower-case hex of all of them; null where only the number is to be checked, as for a part of a file. */
  sha256: string | null
}

export interface StreamObserver {
  passed(bytes: number): void
  /** The bytes are damaged or cannot be read; whoever reads the stream is told too. */
  failed(error: Error): void
  /** All bytes have passed, and their digest was right. */
  verified(): void
}

/**
 * `source`, checked as it passes: it ends only where number and digest of the bytes are right, and is destroyed with a
 * DamagedFileError otherwise. The last chunk is held back until then, so that a client who was told the
 * length never has all of a damaged file. Destroying it, at any time, destroys `source`.
 */
export function verifiedStream(source: Readable, wanted: Wanted, observer: StreamObserver): Readable {
  const verification = new Verification(wanted, observer)
  source.once('error', (error) => {
    // Who reads may stop at any time, with any error; that comes back to the source and is no failure of it.
    if (!verification.destroyed) observer.failed(error)
  })
  return pipeline(source, verification, () => {
    // Nothing left to do: pipeline has destroyed both, and whoever reads has the error.
  })
}

class Verification extends Transform {
  readonly #wanted: Wanted
  readonly #observer: StreamObserver
  readonly #hash = createHash('sha256')
  #bytes = 0
  #held: Buffer | undefined

  constructor(wanted: Wanted, observer: StreamObserver) {
    super()
    this.#wanted = wanted
    this.#observer = observer
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length
    if (this.#wanted.sha256 !== null) this.#hash.update(chunk)
    if (this.#held) this.#pass(this.#held)
    this.#held = chunk
    done(this.#bytes > this.#wanted.bytes ? this.#damaged('is longer than it was') : null)
  }

  override _flush(done: TransformCallback): void {
    const damage = this.#damageAtEnd()
    if (this.#held && !damage) this.#pass(this.#held)
    done(damage)
  }

  #damageAtEnd(): DamagedFileError | null {
    const { bytes, sha256 } = this.#wanted
    if (this.#bytes < bytes) return this.#damaged('is shorter than it was')
    if (sha256 !== null && this.#hash.digest('hex') !== sha256) {
      return this.#damaged('has another sha256 than it had')
    }
    if (sha256 !== null) this.#observer.verified()
    return null
  }

  #pass(chunk: Buffer): void {
    this.#observer.passed(chunk.length)
    this.push(chunk)
  }

  #damaged(how: string): DamagedFileError {
    const damage = new DamagedFileError(`damaged: the stored file ${this.#wanted.key} ${how}`)
    this.#observer.failed(damage)
    return damage
  }
}
