import { randomUUID } from 'node:crypto'
import { link, open, opendir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ExchangeError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { writeInBatches } from './chunk-batches.ts'
import { errnoOf, isMissing } from './disk-errors.ts'
import { timedFsync } from './durable-directories.ts'
import { isAlive, thisProcess } from './process-identity.ts'

/** After this, a partial file of another host belongs to nobody: no upload lasts so long. */
const FOREIGN_LIFETIME_MS = 24 * 60 * 60 * 1000

const PARTIAL_NAME = /^(.+)-(\d+)-(\w+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export interface NewPartialFile {
  directory: string
  source: AsyncIterable<Buffer> | Iterable<Buffer>
  metrics: Pick<Metrics, 'fsyncSeconds'>
}

/**
 * Writes all of `source` to a new read-only file in `directory` and answers its path once the bytes are durable. Where
 * that fails nothing is left. The name, `<host>-<pid>-<start token>-<uuid>`, tells who is writing.
 */
export async function writePartialFile(file: NewPartialFile): Promise<string> {
  const { host, pid, token } = thisProcess()
  const path = join(file.directory, `${host}-${pid}-${token}-${randomUUID()}`)
  const handle = await open(path, 'wx', 0o600)
  try {
    try {
      await writeInBatches(handle, file.source)
      await timedFsync(file.metrics, () => handle.datasync())
      await handle.chmod(0o440)
    } finally {
      await handle.close()
    }
  } catch (error) {
    await removeAfterFailure(path)
    throw error
  }
  return path
}

/** Gives the file at `from` the name `to`, unless that is taken (`conflict`): rename(2) would replace what is there. */
export async function linkNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    throw new ExchangeError('file_exists', {}, { cause: error })
  }
}

/** Removes the partial files in `directory` that no living process is writing; answers how many. */
export async function reapPartialFiles(directory: string): Promise<number> {
  let removed = 0
  try {
    for await (const entry of await opendir(directory)) {
      const path = join(directory, entry.name)
      if (entry.isFile() && (await isAbandoned(path, entry.name)) && (await removeFile(path))) removed += 1
    }
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  return removed
}

/** Removes a file; answers whether it was there. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** Removes what a failed write has left. The failure is what must be told: where this fails too, litter stays. */
export async function removeAfterFailure(...paths: string[]): Promise<void> {
  await Promise.allSettled(paths.map((path) => removeFile(path)))
}

async function isAbandoned(path: string, name: string): Promise<boolean> {
  const [, host, pid, token = ''] = PARTIAL_NAME.exec(name) ?? []
  if (host === thisProcess().host) return !isAlive({ pid: Number(pid), token })
  try {
    return Date.now() - (await stat(path)).mtimeMs > FOREIGN_LIFETIME_MS
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
