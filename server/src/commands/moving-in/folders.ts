import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveMember } from './records.ts'

/** What lies in a folder and below it. */
export interface Tree {
  members: readonly ArchiveMember[]
  /** The names of the notebooks at its top, without extension. */
  notebooks: readonly string[]
  /** When the newest file was written: microseconds since 1970 UTC. */
  newest: number
}

/** The folders in a folder, by name; none where it is missing. */
export async function foldersIn(path: string): Promise<string[]> {
  return (await entriesOf(path)).filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

/** The files in a folder, by name; none where it is missing. */
export async function filesIn(path: string): Promise<string[]> {
  return (await entriesOf(path)).filter((entry) => entry.isFile()).map(({ name }) => name)
}

/** Everything below a folder that is no folder, symbolic links too. */
export async function treeBelow(path: string): Promise<Tree> {
  const members: ArchiveMember[] = []
  let newest = 0
  const walk = async (folder: string, prefix: string) => {
    for (const entry of await entriesOf(folder)) {
      const inner = join(folder, entry.name)
      if (entry.isDirectory()) {
        await walk(inner, `${prefix}${entry.name}/`)
        continue
      }
      members.push({ name: prefix + entry.name, path: inner })
      newest = Math.max(newest, await writtenAt(inner))
    }
  }
  await walk(path, '')
  const notebooks = members.flatMap(({ name }) => (/^[^/]+\.ipynb$/.test(name) ? [name.slice(0, -6)] : []))
  return { members, notebooks: notebooks.sort(), newest }
}

/** When the file was written: microseconds since 1970 UTC. */
export async function writtenAt(path: string): Promise<number> {
  const { mtimeNs } = await lstat(path, { bigint: true })
  return Number(mtimeNs / 1000n)
}

async function entriesOf(path: string) {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
