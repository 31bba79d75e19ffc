/** The smallest part that S3 takes, but for the last. 10,000 of them, the most there may be, make 52 GB. */
export const PART_BYTES = 5 * 1024 * 1024

/**
 * `source` in parts of `PART_BYTES`, the last one smaller; at least one, which may be empty. One part is gathered at a
 * time: it costs twice its size for a moment.
 */
export async function* inParts(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let chunks: Buffer[] = []
  let bytes = 0
  let isFirst = true
  for await (let chunk of source) {
    while (bytes + chunk.length >= PART_BYTES) {
      const fitting = PART_BYTES - bytes
      chunks.push(chunk.subarray(0, fitting))
      yield Buffer.concat(chunks, PART_BYTES)
      isFirst = false
      chunk = chunk.subarray(fitting)
      chunks = []
      bytes = 0
    }
    if (chunk.length > 0) chunks.push(chunk)
    bytes += chunk.length
    // A body that drips would fill the memory with tiny buffers.
    if (chunks.length >= 4096) chunks = [Buffer.concat(chunks, bytes)]
  }
  if (isFirst || bytes > 0) yield Buffer.concat(chunks, bytes)
}
