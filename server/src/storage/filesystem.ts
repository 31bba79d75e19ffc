import { constants, type Stats } from 'node:fs'
import { lstat, open, readFile, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { ExchangeError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { errnoOf, isMissing, translateDiskError, translated } from './disk-errors.ts'
import type { FileStatus, ListedFile, StorageDriver } from './driver.ts'
import { DurableDirectories, timedFsync } from './durable-directories.ts'
import { invalidKey, segmentsOf } from './key.ts'
import { filesBelow } from './listed-files.ts'
import {
  linkNew,
  reapPartialFiles,
  removeAfterFailure,
  removeFile,
  writePartialFile,
} from './partial-files.ts'

export interface FilesystemOptions {
  /** The folder that holds everything, made when first needed. Its filesystem must know hard links and fsync. */
  root: string
  metrics: Pick<Metrics, 'fsyncSeconds'>
}

const READ_BYTES = 64 * 1024
const PROBE = Buffer.from('nbexchange writes this to see whether it can')
/** At the top of the root: what is being written, and what some filesystems put there themselves. */
const RESERVED = ['partial', 'lost+found']

/** Files on a disk that this process sees, each at `<root>/<key>`. */
export function createFilesystemDriver(options: FilesystemOptions): StorageDriver {
  const disk = new Disk(options)
  return {
    place: `the folder ${options.root}`,
    put: (key, source) => translated(() => disk.put(key, source)),
    adopt: (key, path) => translated(() => disk.adopt(key, path)),
    get: (key) => translated(() => disk.get(key)),
    stat: (key) => translated(() => disk.stat(key)),
    delete: (key) => translated(() => disk.delete(key)),
    list: (prefix) => disk.list(prefix),
    reap: () => translated(() => reapPartialFiles(disk.partials)),
    check: () => translated(() => disk.check()),
  }
}

/** What link(2) says where it cannot: another disk, no such thing there, not our file, too many. */
const NO_LINKS = ['EXDEV', 'EOPNOTSUPP', 'EPERM', 'EMLINK']

class Disk {
  readonly root: string
  readonly partials: string
  readonly #metrics: FilesystemOptions['metrics']
  readonly #directories: DurableDirectories

  constructor(options: FilesystemOptions) {
    this.root = resolve(options.root)
    this.partials = join(this.root, 'partial')
    this.#metrics = options.metrics
    this.#directories = new DurableDirectories({ root: this.root, metrics: options.metrics })
  }

  async put(key: string, source: AsyncIterable<Buffer>): Promise<void> {
    const target = this.#pathOf(key)
    const partial = await this.#writePartial(source)
    try {
      await this.#directories.ensure(dirname(target))
      await linkNew(partial, target)
    } catch (error) {
      await removeAfterFailure(partial)
      throw error
    }
    try {
      await removeFile(partial)
      await this.#directories.sync(dirname(target))
    } catch (error) {
      await removeAfterFailure(target, partial)
      throw error
    }
  }

  async adopt(key: string, path: string): Promise<boolean> {
    const target = this.#pathOf(key)
    await this.#directories.ensure(dirname(target))
    try {
      await linkNew(path, target)
    } catch (error) {
      if (NO_LINKS.includes(errnoOf(error) ?? '')) return false
      throw error
    }
    const handle = await open(target, constants.O_RDONLY)
    await timedFsync(this.#metrics, () => handle.datasync()).finally(() => handle.close())
    await this.#directories.sync(dirname(target))
    return true
  }

  async get(key: string): Promise<FileStatus & { stream: Readable }> {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW
    const handle = await existing(key, () => open(this.#pathOf(key), flags))
    try {
      const status = statusOf(key, await handle.stat())
      // From here on the handle belongs to the stream, which closes it at its end and when it is destroyed.
      return { ...status, stream: handle.createReadStream({ highWaterMark: READ_BYTES }) }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async stat(key: string): Promise<FileStatus> {
    return statusOf(key, await existing(key, () => lstat(this.#pathOf(key))))
  }

  async delete(key: string): Promise<void> {
    const path = this.#pathOf(key)
    try {
      await removeFile(path)
      // Also where the file was gone: an earlier delete may have failed just before this.
      await this.#directories.sync(dirname(path))
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  async *list(prefix: string): AsyncGenerator<ListedFile> {
    try {
      yield* filesBelow({ root: this.root, prefix, except: RESERVED })
    } catch (error) {
      throw translateDiskError(error)
    }
  }

  async check(): Promise<{ freeBytes: number }> {
    const probe = await this.#writePartial([PROBE])
    const back = await readFile(probe).finally(() => removeFile(probe))
    if (!PROBE.equals(back)) throw new Error('the storage does not give back what was written to it')
    const { bavail, bsize } = await statfs(this.root)
    return { freeBytes: bavail * bsize }
  }

  async #writePartial(source: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> {
    await this.#directories.ensure(this.partials)
    return writePartialFile({ directory: this.partials, source, metrics: this.#metrics })
  }

  #pathOf(key: string): string {
    const segments = segmentsOf(key)
    if (RESERVED.includes(segments[0] ?? '')) throw invalidKey(key)
    return join(this.root, ...segments)
  }
}

function statusOf(key: string, stats: Stats): FileStatus {
  if (!stats.isFile()) throw notFound(key)
  const { ctimeMs, ino, size } = stats
  return { size, version: `${ino} ${size} ${ctimeMs}` }
}

async function existing<T>(key: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look()
  } catch (error) {
    throw isMissing(error) ? notFound(key, error) : error
  }
}

function notFound(key: string, cause?: unknown): ExchangeError {
  return new ExchangeError('no_file', { key }, { cause })
}
