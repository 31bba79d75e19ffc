import type { Readable } from 'node:stream'
import { OutcomeUnknown } from '../db/errors.ts'
import type { Stored } from '../storage/file-store.ts'
import type { Exchange } from './exchange.ts'
import type { FileKind } from './keys.ts'
import { fileKey } from './keys.ts'

/**
 * A file that may be read: `open` starts the bytes, `link` gives a URL for them; both record that they were taken. All throw
 * where the file is gone or has another size than it had.
 */
export interface OpenableFile {
  stored: Stored
  open(): Promise<Readable>
  /** For an answer without bytes. */
  confirm(): Promise<void>
  /** For a client that checks what it gets; null where the storage has no URLs to give. */
  link(): Promise<string | null>
}

/** A stored file of which the row is known; `taken` records who took it, after the bytes are found to be there. */
export function openable(
  exchange: Exchange,
  file: { orgId: number; kind: FileKind; id: string; stored: Stored },
  taken: () => Promise<void>,
): OpenableFile {
  const key = fileKey(file)
  const confirm = () => exchange.files.confirm(key, file.stored)
  return {
    stored: file.stored,
    confirm,
    async open() {
      const stream = await exchange.files.open(key, file.stored)
      try {
        await taken()
      } catch (error) {
        stream.destroy()
        throw error
      }
      return stream
    },
    async link() {
      const link = await exchange.files.linkTo(key)
      if (link === null) return null
      await confirm()
      await taken()
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
