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

/**
 * Copies what `to` does not have yet. Every file is compared with its row on the way. Throws where `to` cannot be written, or where
 * one of both is full or away.
 */
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
      const source = new SourceFile(from, file)
      try {
        if (there.has(key)) await to.delete(key)
        await to.put(key, source, { size: file.size, sha256: file.sha256 })
        result.copied += 1
        result.bytes += file.size
      } catch (error) {
        // A disk that is full, gone or takes nothing is the end; a file that is damaged is one line of the report.
        if (!source.isDamaged(error)) throw error
        result.damaged.push({ key, problem: error instanceof Error ? error.message : String(error) })
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return result
}

class SourceFile implements AsyncIterable<Buffer> {
  readonly #from: FileStore
  readonly #file: StoredFile
  #failure: unknown

  constructor(from: FileStore, file: StoredFile) {
    this.#from = from
    this.#file = file
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      yield* await this.#from.open(fileKey(this.#file), this.#file)
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  /** Whether it is this one file that made copying it fail with `error`. */
  isDamaged(error: unknown): boolean {
    if (error instanceof ExchangeError) return error.code === 'digest_mismatch'
    return error === this.#failure
  }
}
