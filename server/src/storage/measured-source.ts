import { createHash } from 'node:crypto'
import { ExchangeError } from '../errors.ts'

/** What is known of a file that was stored. */
export interface Stored {
  /** Bytes. */
  size: number
  /** Lower-case hex. */
  sha256: string
}

/** What must be true of a file for it to be stored. */
export interface Demands {
  /** Bytes. */
  maxBytes: number
  /** Bytes, where declared. */
  size?: number | undefined
  /** Lower-case hex, where declared. */
  sha256?: string | undefined
}

/**
 * Counts and hashes a source as it passes. It throws, and never ends normally, where the file is too large
 * (`too_large`), empty (`invalid`) or not what was declared (`digest_mismatch`).
 */
export class MeasuredSource implements AsyncIterable<Buffer> {
  readonly #source: AsyncIterable<Buffer>
  readonly #demands: Demands
  #stored: Stored | undefined
  #failure: { error: unknown } | undefined

  constructor(source: AsyncIterable<Buffer>, demands: Demands) {
    this.#source = source
    this.#demands = demands
  }

  /** Size and digest of all that has passed; throws before the source has ended well. */
  get stored(): Stored {
    if (!this.#stored) throw new Error('the storage driver did not read the file to its end')
    return this.#stored
  }

  /** Whether this error is the source's own (a bad upload), not the storage's. */
  hasThrown(error: unknown): boolean {
    return this.#failure !== undefined && this.#failure.error === error
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      this.#stored = yield* this.#measure()
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  async *#measure(): AsyncGenerator<Buffer, Stored> {
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of this.#source) {
      size += chunk.length
      if (size > this.#demands.maxBytes) throw tooLarge(this.#demands.maxBytes)
      const declared_size = this.#demands.size ?? size
      if (size > declared_size) throw new ExchangeError('file_longer_than_declared', { declared_size })
      hash.update(chunk)
      yield chunk
    }
    const stored = { size, sha256: hash.digest('hex') }
    checkEnded(stored, this.#demands)
    return stored
  }
}

export function tooLarge(maxBytes: number): ExchangeError {
  return new ExchangeError('file_too_large', { limit: maxBytes })
}

function checkEnded(stored: Stored, demands: Demands): void {
  const { sha256: declared_sha256 = stored.sha256, size: declared_size = stored.size } = demands
  const { sha256, size } = stored
  if (size !== declared_size) throw new ExchangeError('file_shorter_than_declared', { size, declared_size })
  if (size === 0) throw new ExchangeError('file_empty')
  if (sha256 !== declared_sha256) throw new ExchangeError('file_damaged', { sha256, declared_sha256 })
}
