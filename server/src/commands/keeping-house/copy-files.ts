import type { Readable } from 'node:stream'
import type { StoredFile } from '../../db/stored-files.ts'
import { ExchangeError } from '../../errors.ts'
import { fileKey } from '../../exchange/keys.ts'
import type { FileStore } from '../../storage/file-store.ts'
import type { Progress } from '../progress.ts'

export interface Copied {
  copied: number
  bytes: number
  /** Files that were there already. */
  kept: number
  /** Files that could not be copied whole. */
  damaged: { key: string; problem: string }[]
}

const AT_ONCE = 4

/** Copies what `to` does not have yet. Every file is compared with its row on the way. */
export async function copyFiles(
  wanted: AsyncGenerator<StoredFile>,
  { from, progress, to }: { from: FileStore; to: FileStore; progress: Progress },
): Promise<Copied> {
  const there = new Map<string, number>()
  for await (const { key, size } of to.list('')) there.set(key, size)
  const result: Copied = { copied: 0, bytes: 0, kept: 0, damaged: [] }
  const worker = async () => {
    for (;;) {
      const next = await wanted.next()
      if (next.done) return
      progress.step()
      const file = next.value
      const key = fileKey(file)
      if (there.get(key) === file.size) {
        result.kept += 1
        continue
      }
      try {
        if (there.has(key)) await to.delete(key)
        await to.put(key, bytesOf(await from.open(key, file)), { size: file.size, sha256: file.sha256 })
        result.copied += 1
        result.bytes += file.size
      } catch (error) {
        // A disk that is full or gone is the end; a file that is damaged is one line of the report.
        if (error instanceof ExchangeError && error.code !== 'digest_mismatch') throw error
        result.damaged.push({ key, problem: error instanceof Error ? error.message : String(error) })
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return result
}

async function* bytesOf(stream: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stream) yield chunk as Buffer
}
