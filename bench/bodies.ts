import { createHash, randomBytes } from 'node:crypto'

export interface Body {
  bytes: Buffer
  sha256: string
}

/** So many different files of this size that begin like gzip and cannot be packed. */
export function bodies(count: number, size: number): Body[] {
  return Array.from({ length: count }, () => {
    const bytes = randomBytes(size)
    bytes.set([0x1f, 0x8b, 0x08, 0x00])
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  })
}
