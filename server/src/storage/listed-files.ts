import type { Dirent, Stats } from 'node:fs'
import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing } from './disk-errors.ts'
import type { ListedFile } from './driver.ts'

interface Below {
  root: string
  /** What the path of a file, relative to the root, must begin with. */
  prefix: string
  /** Folders at the top that are left out. */
  except: readonly string[]
}

/** Every file below `root` (symbolic links are none), one folder per level open at a time. Takes a missing folder as empty. */
export async function* filesBelow(wanted: Below, folder = ''): AsyncGenerator<ListedFile> {
  const { root, prefix, except } = wanted
  for await (const entry of entriesOf(join(root, folder))) {
    const key = folder + entry.name
    if (entry.isDirectory() && !except.includes(key)) {
      const below = `${key}/`
      if (below.startsWith(prefix) || prefix.startsWith(below)) yield* filesBelow(wanted, below)
    } else if (entry.isFile() && key.startsWith(prefix)) {
      const status = await statusOf(join(root, key))
      if (status) yield { key, size: status.size, modifiedAt: status.mtime }
    }
  }
}

async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(folder)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
