import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { SourceBytes } from './records.ts'

/** Why these bytes cannot be taken, in one line; null where they are there. */
export async function complaintAboutBytes(bytes: SourceBytes): Promise<string | null> {
  const paths = 'path' in bytes ? [bytes.path] : bytes.archive.map(({ path }) => path)
  for (const path of paths) {
    const complaint = await complaintAbout(path)
    if (complaint === 'the file is empty' && 'archive' in bytes) continue
    if (complaint !== null) return complaint
  }
  return null
}

/** Links are not followed: a name in the source must not lead out of it. */
export function openSourceFile(path: string) {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
}

async function complaintAbout(path: string): Promise<string | null> {
  try {
    const handle = await openSourceFile(path)
    try {
      const status = await handle.stat()
      if (!status.isFile()) return 'it is no file'
      return status.size === 0 ? 'the file is empty' : null
    } finally {
      await handle.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'the file is missing'
    if (code === 'ELOOP') return 'the file is a symbolic link'
    if (code === 'EACCES' || code === 'EPERM') return 'the file may not be read'
    throw error
  }
}
