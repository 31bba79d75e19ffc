import { createHash } from 'node:crypto'
import { ExchangeError } from '../../errors.ts'
import { fileKey } from '../../exchange/keys.ts'
import type { Stored } from '../../storage/file-store.ts'
import { archiveOf } from './archive.ts'
import type { SourceFile } from './records.ts'
import { openSourceFile } from './source-files.ts'
import type { Target } from './target.ts'

/** Brings the bytes into the storage under the key of `id`, durably; answers what they are. */
export async function takeBytes(target: Target, file: SourceFile, id: string): Promise<Stored> {
  const key = fileKey({ orgId: file.orgId, kind: file.kind, id })
  try {
    return await bring(target, file, key)
  } catch (error) {
    if (!(error instanceof ExchangeError) || error.code !== 'conflict') throw error
    // An earlier run was cut before the row: no row has this key, so nobody can be reading the file.
    await target.files.delete(key)
    return bring(target, file, key)
  }
}

async function bring(target: Target, { bytes }: SourceFile, key: string): Promise<Stored> {
  const { files, tally } = target
  if (target.bytes === 'link' && 'path' in bytes && (await files.adopt(key, bytes.path))) {
    const stored = await measure(bytes.path)
    tally.linked += 1
    tally.linkedBytes += stored.size
    return stored
  }
  const stored = await files.put(key, 'path' in bytes ? content(bytes.path) : archiveOf(bytes.archive))
  tally.copied += 1
  tally.copiedBytes += stored.size
  return stored
}

async function* content(path: string): AsyncGenerator<Buffer> {
  const handle = await openSourceFile(path)
  for await (const chunk of handle.createReadStream()) yield chunk as Buffer
}

async function measure(path: string): Promise<Stored> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of content(path)) {
    hash.update(chunk)
    size += chunk.length
  }
  return { size, sha256: hash.digest('hex') }
}
