import { createHash } from 'node:crypto'
import { ExchangeError } from '../errors.ts'
import type { Stored } from './file-store.ts'

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
      if (size > (this.#demands.size ?? size)) {
        throw mismatch(`more than the ${this.#demands.size} bytes that were declared arrived`)
      }
      hash.update(chunk)
      yield chunk
    }
    const stored = { size, sha256: hash.digest('hex') }
    checkEnded(stored, this.#demands)
    return stored
  }
}

export function tooLarge(maxBytes: number): ExchangeError {
  return new ExchangeError('too_large', `The file is larger than the ${maxBytes} bytes that are allowed.`)
}

function checkEnded(stored: Stored, demands: Demands): void {
  if (demands.size !== undefined && demands.size !== stored.size) {
    throw mismatch(`${stored.size} bytes arrived, ${demands.size} were declared`)
  }
  if (stored.size === 0) throw new ExchangeError('invalid', 'The file is empty; nothing was stored.')
  if (demands.sha256 !== undefined && demands.sha256 !== stored.sha256) {
    throw mismatch(`what arrived has the sha256 ${stored.sha256}, ${demands.sha256} was declared`)
  }
}

function mismatch(what: string): ExchangeError {
  return new ExchangeError('digest_mismatch', `The file was damaged on its way: ${what}. Send it again.`)
}
