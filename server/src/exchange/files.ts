import type { Readable } from 'node:stream'
import { OutcomeUnknown } from '../db/errors.ts'
import type { ByteRange, Stored } from '../storage/file-store.ts'
import type { Exchange } from './exchange.ts'
import type { FileKind } from './keys.ts'
import { fileKey } from './keys.ts'

/** A file that may be read: `open` starts the bytes, `link` gives a URL for them; both record that they were taken. */
export interface OpenableFile {
  stored: Stored
  open(range?: ByteRange): Promise<Readable>
  /** For a client that checks what it gets; null where the storage has no URLs to give. */
  link(): Promise<string | null>
}

/** A stored file of which the row is known; `taken` records who took it, after the bytes are found to be there. */
export function openable(
  exchange: Exchange,
  file: { orgId: number; kind: FileKind; id: string; stored: Stored },
  taken: () => Promise<void>,
): OpenableFile {
  return {
    stored: file.stored,
    async open(range) {
      const stream = await exchange.files.open(fileKey(file), file.stored, range)
      try {
        await taken()
      } catch (error) {
        stream.destroy()
        throw error
      }
      return stream
    },
    async link() {
      const link = await exchange.files.linkTo(fileKey(file))
      if (link !== null) await taken()
      return link
    },
  }
}

/**
 * Runs the transaction that gives a stored file its row. Where it fails, or answers that the file is not
 * needed (a retry), the file is removed again. Where nobody knows whether it failed, the file stays: as litter
 * at worst, which `sweep` finds, and never as a row without its file.
 */
export async function keepOrRemove<T>(
  exchange: Exchange,
  key: string,
  record: () => Promise<{ kept: boolean; value: T }>,
): Promise<T> {
  let kept = false
  try {
    const result = await record()
    kept = result.kept
    return result.value
  } catch (error) {
    kept = error instanceof OutcomeUnknown
    throw error
  } finally {
    if (!kept) await exchange.files.delete(key)
  }
}
