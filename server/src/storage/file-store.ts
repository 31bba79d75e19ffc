import type { Readable } from 'node:stream'
import { ExchangeError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import type { FileStatus, ListedFile, StorageDriver } from './driver.ts'
import { checkFileKey, isFileKey } from './key.ts'
import { MeasuredSource, type Stored, tooLarge } from './measured-source.ts'
import { VerifiedFiles } from './verified-files.ts'
import { DamagedFileError, verifiedStream } from './verified-stream.ts'

export type { ListedFile } from './driver.ts'
export type { Stored } from './measured-source.ts'

/** What the sender says of a file. */
export interface Expected {
  /** Bytes. */
  size?: number | undefined
  /** Lower-case hex. */
  sha256?: string | undefined
  /** A limit below that of the store, in bytes. */
  maxBytes?: number | undefined
}

type Operation = 'put' | 'adopt' | 'open' | 'confirm' | 'link' | 'delete' | 'list' | 'reap' | 'check'

/** The settings that hold for all drivers, with the names and values of the configuration. */
export interface FileSettings {
  /** Bytes; no file is larger than this. */
  maxBufferSize: number
}

export interface FileStoreOptions {
  driver: StorageDriver
  settings: FileSettings
  metrics: Pick<Metrics, 'bytesReceived' | 'bytesSent' | 'storageErrors' | 'freeBytes'>
  /** Milliseconds that never go back; default: those of the process. */
  now?: () => number
}

/**
 * The store that everybody uses: the rules that hold for all drivers, in front of one of them. All methods refuse
 * a key that the service did not make with `invalid`, and pass on what the driver throws.
 */
export class FileStore {
  readonly #driver: StorageDriver
  readonly #settings: FileSettings
  readonly #metrics: FileStoreOptions['metrics']
  readonly #verified: VerifiedFiles

  constructor(options: FileStoreOptions) {
    this.#driver = options.driver
    this.#settings = options.settings
    this.#metrics = options.metrics
    this.#verified = new VerifiedFiles(options.now)
  }

  /**
   * Stores all of `source` and answers what it was, once that is durable. Otherwise nothing is stored: `too_large`
   * (before the first byte, where the declared size tells), `invalid` for an empty file, `digest_mismatch` where
   * size or sha256 are not as declared, `conflict` for a key that is taken, or what the source throws.
   */
  async put(key: string, source: AsyncIterable<Buffer>, expected: Expected = {}): Promise<Stored> {
    checkFileKey(key)
    const { maxBufferSize } = this.#settings
    const maxBytes = Math.min(maxBufferSize, expected.maxBytes ?? maxBufferSize)
    if (expected.size !== undefined && expected.size > maxBytes) throw tooLarge(maxBytes)
    const measured = new MeasuredSource(source, { ...expected, maxBytes })
    try {
      await this.#driver.put(key, measured)
    } catch (error) {
      if (!measured.hasThrown(error)) this.#count('put', error)
      throw error
    }
    this.#metrics.bytesReceived.inc(measured.stored.size)
    return measured.stored
  }

  /**
   * The bytes of a file of which the row says that it is `stored`. Throws before the first byte where the file is gone or has
   * another size. It is hashed as it is read, unless that was done a moment ago and it has not changed until its last byte
   * was read again; the stream is destroyed with an error, and never ends, where the digest is wrong.
   */
  async open(key: string, stored: Stored): Promise<Readable> {
    checkFileKey(key)
    const { size, stream, version } = await this.#counted('open', () =>
      this.#found(key, () => this.#driver.get(key)),
    )
    const misfit = misfitOf(key, { size }, stored)
    if (misfit) {
      stream.destroy()
      throw this.#count('open', misfit)
    }
    const { isVerified, remember } = this.#verified.look(key, version && `${version} ${stored.sha256}`)
    const unchanged = async () => (await this.#found(key, () => this.#driver.stat(key))).version === version
    const wanted = { key, stored, unchanged: isVerified ? unchanged : null }
    return verifiedStream(stream, wanted, {
      passed: (bytes) => this.#metrics.bytesSent.inc(bytes),
      failed: (error) => this.#count('open', error),
      verified: remember,
    })
  }

  /**
   * For an answer that has no bytes: throws as `open` does where the file is gone or has another size than the row says.
   * Other bytes in the same number are not noticed: nothing is read.
   */
  async confirm(key: string, stored: Stored): Promise<void> {
    checkFileKey(key)
    await this.#counted('confirm', async () => {
      const misfit = misfitOf(key, await this.#found(key, () => this.#driver.stat(key)), stored)
      if (misfit) throw misfit
    })
  }

  /** As `adopt` of the driver; false also where the driver has none. */
  async adopt(key: string, path: string): Promise<boolean> {
    checkFileKey(key)
    return this.#counted('adopt', async () => (await this.#driver.adopt?.(key, path)) ?? false)
  }

  /**
   * A URL of the storage that gives the bytes for some minutes, unchecked and without credentials; null where there is
   * none. Whoever reads it must compare size and digest.
   */
  async linkTo(key: string): Promise<string | null> {
    checkFileKey(key)
    return this.#counted('link', async () => (await this.#driver.linkTo?.(key)) ?? null)
  }

  /** Removes the file for good; an unknown key is no error. */
  async delete(key: string): Promise<void> {
    checkFileKey(key)
    await this.#counted('delete', () => this.#driver.delete(key))
  }

  /** Every stored file whose key begins with `prefix`, in no order; what lies there and is not ours is left out. */
  async *list(prefix: string): AsyncGenerator<ListedFile> {
    try {
      for await (const file of this.#driver.list(prefix)) if (isFileKey(file.key)) yield file
    } catch (error) {
      throw this.#count('list', error)
    }
  }

  /** Removes what interrupted puts of dead processes left; answers how many. */
  async reap(): Promise<number> {
    return this.#counted('reap', () => this.#driver.reap())
  }

  /** Whether the storage really writes, syncs and reads; throws where not. Free space in bytes, null where unknown. */
  async check(): Promise<{ freeBytes: number | null }> {
    const report = await this.#counted('check', () => this.#driver.check())
    if (report.freeBytes !== null) this.#metrics.freeBytes.set(report.freeBytes)
    return report
  }

  /** A row says that the file is there: where it is not, that is damage and no mistake of whoever asks. */
  async #found<T>(key: string, look: () => Promise<T>): Promise<T> {
    try {
      return await look()
    } catch (error) {
      if (!(error instanceof ExchangeError) || error.code !== 'not_found') throw error
      throw new DamagedFileError(`damaged: the stored file ${key} is gone`, { cause: error })
    }
  }

  async #counted<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.#count(operation, error)
    }
  }

  #count(operation: Operation, error: unknown): unknown {
    this.#metrics.storageErrors.inc({ operation, code: codeOf(error) })
    return error
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

function misfitOf(key: string, { size }: FileStatus, stored: Stored): DamagedFileError | null {
  if (size === stored.size) return null
  return new DamagedFileError(`damaged: ${key} has ${size} bytes, not ${stored.size}`)
}
