import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Metrics } from '../metrics.ts'
import { errnoOf } from './disk-errors.ts'

type FsyncMetrics = Pick<Metrics, 'fsyncSeconds'>

/** Runs one fsync and observes how long it took. */
export async function timedFsync(metrics: FsyncMetrics, fsync: () => Promise<void>): Promise<void> {
  const stop = metrics.fsyncSeconds.startTimer()
  try {
    await fsync()
  } finally {
    stop()
  }
}

/** Directories at and below `root` whose entries outlast a power cut. */
export class DurableDirectories {
  readonly #root: string
  readonly #metrics: FsyncMetrics
  /**
   * Directories whose entry this process has made durable itself. That a directory exists is not enough: whoever made it
   * may not have synced it yet, or may have died before.
   */
  readonly #durable = new Set<string>()
  /** Of each directory the fsync that runs, and the one that begins after it. */
  readonly #running = new Map<string, Promise<void>>()
  readonly #next = new Map<string, Promise<void>>()

  constructor(options: { root: string; metrics: FsyncMetrics }) {
    this.#root = options.root
    this.#metrics = options.metrics
  }

  /** Makes `directory` (the root or below it) and what is missing above it, durably. */
  async ensure(directory: string): Promise<void> {
    const made = await this.#make(directory)
    if (!made && (directory === this.#root || this.#durable.has(directory))) return
    if (directory.startsWith(`${this.#root}/`)) await this.ensure(dirname(directory))
    await this.sync(dirname(directory))
    this.#durable.add(directory)
  }

  /**
   * Makes the entries that `directory` has now durable. Those who ask while an fsync runs share the next one: only an
   * fsync that begins after an entry was made covers it. Where the one that runs fails, the next fails with it, because
   * the kernel tells of a lost write once.
   */
  sync(directory: string): Promise<void> {
    const shared = this.#next.get(directory)
    if (shared) return shared
    const before = this.#running.get(directory)
    if (!before) return this.#run(directory)
    const next = before.then(
      () => this.#run(directory),
      (error) => {
        this.#next.delete(directory)
        throw error
      },
    )
    this.#next.set(directory, next)
    return next
  }

  #run(directory: string): Promise<void> {
    this.#next.delete(directory)
    const running = this.#fsync(directory).finally(() => {
      if (this.#running.get(directory) === running) this.#running.delete(directory)
    })
    this.#running.set(directory, running)
    return running
  }

  async #fsync(directory: string): Promise<void> {
    const handle = await open(directory, 'r')
    try {
      await timedFsync(this.#metrics, () => handle.sync())
    } finally {
      await handle.close()
    }
  }

  /** Whether it was missing and is made now. */
  async #make(directory: string): Promise<boolean> {
    try {
      await mkdir(directory, 0o750)
      return true
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false
      if (errnoOf(error) !== 'ENOENT' || dirname(directory) === directory) throw error
      await this.ensure(dirname(directory))
      return this.#make(directory)
    }
  }
}
