import type { FileHandle } from 'node:fs/promises'

const BATCH_BYTES = 1024 * 1024
/** What one writev(2) takes; also keeps a body that drips byte by byte from filling the memory with small buffers. */
const BATCH_CHUNKS = 1024

/** Writes all of `source` to the end of the file, about 1 MiB at a time. Throws what the source or the disk throws. */
export async function writeInBatches(
  handle: FileHandle,
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<void> {
  let batch: Buffer[] = []
  let bytes = 0
  for await (const chunk of source) {
    batch.push(chunk)
    bytes += chunk.length
    if (bytes < BATCH_BYTES && batch.length < BATCH_CHUNKS) continue
    await writeAll(handle, batch)
    batch = []
    bytes = 0
  }
  await writeAll(handle, batch)
}

/** A disk that fills up writes less than asked and says so only to the next write: so nothing is done until all is. */
async function writeAll(handle: FileHandle, batch: readonly Buffer[]): Promise<void> {
  let left = batch.filter((chunk) => chunk.length > 0)
  while (left.length > 0) {
    const { bytesWritten } = await handle.writev(left)
    if (bytesWritten === 0) throw new Error('the disk took no bytes and gave no reason')
    left = after(left, bytesWritten)
  }
}

function after(chunks: readonly Buffer[], bytes: number): Buffer[] {
  let skipped = 0
  const rest: Buffer[] = []
  for (const chunk of chunks) {
    const from = Math.min(Math.max(bytes - skipped, 0), chunk.length)
    if (from < chunk.length) rest.push(chunk.subarray(from))
    skipped += chunk.length
  }
  return rest
}
