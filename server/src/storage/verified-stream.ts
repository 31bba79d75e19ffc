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
  /** Bytes, and the lower-case hex of their digest. */
  stored: { size: number; sha256: string }
  /**
   * Of a file whose bytes were found right before: asked after the last byte whether they are the same still, and then
   * nothing is hashed. null: the digest decides.
   */
  unchanged: (() => Promise<boolean>) | null
}

export interface StreamObserver {
  passed(bytes: number): void
  /** The bytes are damaged or cannot be read; whoever reads the stream is told too. */
  failed(error: Error): void
  /** The digest of all bytes was right. */
  verified(): void
}

/**
 * `source`, checked as it passes: it ends only where the bytes are those that were stored, and is destroyed with a
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
    if (this.#wanted.unchanged === null) this.#hash.update(chunk)
    if (this.#held) this.#pass(this.#held)
    this.#held = chunk
    done(this.#bytes > this.#wanted.stored.size ? this.#damaged('is longer than it was') : null)
  }

  override _flush(done: TransformCallback): void {
    this.#damageAtEnd().then(
      (damage) => {
        if (this.#held && !damage) this.#pass(this.#held)
        done(damage)
      },
      (error: Error) => {
        this.#observer.failed(error)
        done(error)
      },
    )
  }

  async #damageAtEnd(): Promise<DamagedFileError | null> {
    const { stored, unchanged } = this.#wanted
    if (this.#bytes < stored.size) return this.#damaged('is shorter than it was')
    if (unchanged !== null) return (await unchanged()) ? null : this.#damaged('changed while it was read')
    if (this.#hash.digest('hex') !== stored.sha256) return this.#damaged('has another sha256 than it had')
    this.#observer.verified()
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
