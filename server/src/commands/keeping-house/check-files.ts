import { pagesById } from '../../db/pages.ts'
import { FILE_TABLES, knownFileIds, pageOfStoredFiles, type StoredFile } from '../../db/stored-files.ts'
import { fileKey } from '../../exchange/keys.ts'
import type { ListedFile } from '../../storage/file-store.ts'
import type { House } from '../house.ts'

const PAGE = 500

/** Every file that a row names, purged ones left out. */
export async function* filesOfRows({ database }: Pick<House, 'database'>): AsyncGenerator<StoredFile> {
  for (const kind of FILE_TABLES) {
    const read = (after: string) => pageOfStoredFiles(database, { kind, after, limit: PAGE })
    for await (const page of pagesById({ start: '', size: PAGE }, read)) yield* page
  }
}

/** Why the file is not what its row says, in one line; null where it is. Reads all of it. */
export async function damageOf({ files }: Pick<House, 'files'>, file: StoredFile): Promise<string | null> {
  try {
    const stream = await files.open(fileKey(file), file)
    for await (const _ of stream);
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Every stored file, in groups, each with whether a row names it. */
export async function* storedFiles(
  house: Pick<House, 'database' | 'files'>,
): AsyncGenerator<{ file: ListedFile; hasRow: boolean }[]> {
  let group: ListedFile[] = []
  for await (const file of house.files.list('')) {
    group.push(file)
    if (group.length < PAGE) continue
    yield await withRows(house, group)
    group = []
  }
  if (group.length > 0) yield await withRows(house, group)
}

/** Which of these files have rows, as of now. */
export async function withRows(
  { database }: Pick<House, 'database'>,
  group: readonly ListedFile[],
): Promise<{ file: ListedFile; hasRow: boolean }[]> {
  const parts = group.map((file) => ({ file, ...partsOf(file.key) }))
  const known = new Set<string>()
  for (const some of Map.groupBy(parts, ({ kind, orgId }) => `${orgId}/${kind}`).values()) {
    const [first] = some
    if (!first) continue
    const { kind, orgId } = first
    const ids = await knownFileIds(database, { orgId, kind, ids: some.map(({ id }) => id) })
    for (const { file, id } of some) if (ids.has(id)) known.add(file.key)
  }
  return group.map((file) => ({ file, hasRow: known.has(file.key) }))
}

/** The store lists keys of ours only: `<org>/<kind>/<2 hex>/<id>`. */
function partsOf(key: string): { orgId: number; kind: StoredFile['kind']; id: string } {
  const [org = '', kind = '', , id = ''] = key.split('/')
  return { orgId: Number(org), kind: kind as StoredFile['kind'], id }
}
