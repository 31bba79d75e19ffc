import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { ArchiveMember } from './records.ts'
import { openSourceFile } from './source-files.ts'

const BLOCK = 512
const END = Buffer.alloc(2 * BLOCK)

/**
 * The files as one `tar.gz`, as our plugin would send them. The same files give the same bytes. Throws where a
 * file changes its length while it is read.
 */
export function archiveOf(members: readonly ArchiveMember[]): AsyncIterable<Buffer> {
  return Readable.from(tar(members)).compose(createGzip({ level: 6 }))
}

async function* tar(members: readonly ArchiveMember[]): AsyncGenerator<Buffer> {
  for (const { name, path } of [...members].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const handle = await openSourceFile(path)
    try {
      const { mtimeMs, size } = await handle.stat()
      const mtime = Math.floor(mtimeMs / 1000)
      if (Buffer.byteLength(name) > 99 || /[^\x20-\x7e]/.test(name)) yield* extended(name)
      yield header({ name, size, mtime, type: '0' })
      yield* body(handle, { name, size })
    } finally {
      await handle.close()
    }
  }
  yield END
}

async function* body(handle: FileHandle, { name, size }: { name: string; size: number }) {
  let read = 0
  for await (const chunk of handle.createReadStream({ autoClose: false })) {
    read += chunk.length
    yield chunk as Buffer
  }
  if (read !== size) throw new Error(`${name} changed while it was read`)
  yield padding(size)
}

/** A record before the file that gives its name in UTF-8, of any length. */
function* extended(name: string): Generator<Buffer> {
  const text = ` path=${name}\n`
  let length = Buffer.byteLength(text)
  while (length !== Buffer.byteLength(`${length}${text}`)) length = Buffer.byteLength(`${length}${text}`)
  const record = Buffer.from(`${length}${text}`)
  yield header({ name: 'name', size: record.length, mtime: 0, type: 'x' })
  yield record
  yield padding(record.length)
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
}

function header(file: { name: string; size: number; mtime: number; type: '0' | 'x' }): Buffer {
  const block = Buffer.alloc(BLOCK)
  block.write(file.name.slice(0, 99), 0, 99, 'latin1')
  block.write('0000644\0', 100, 'latin1')
  block.write('0000000\0'.repeat(2), 108, 'latin1')
  block.write(octal(file.size), 124, 'latin1')
  block.write(octal(file.mtime), 136, 'latin1')
  block.write(`        ${file.type}`, 148, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

function octal(value: number): string {
  return `${value.toString(8).padStart(11, '0')}\0`
}
