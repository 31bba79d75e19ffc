import type { Database } from './database.ts'
import { notErased } from './erasures.ts'

/** A file as its row knows it. */
export interface StoredFile {
  orgId: number
  kind: FileTable
  id: string
  /** Bytes. */
  size: number
  sha256: string
}

/** The folder of a kind of file, and the table that holds its rows. */
export const TABLES = { released: 'releases', submitted: 'submissions', feedback: 'feedback' } as const

export type FileTable = keyof typeof TABLES

export const FILE_TABLES = Object.keys(TABLES) as FileTable[]

/** How many files the rows name, purged ones left out. */
export async function countStoredFiles(database: Database): Promise<number> {
  let count = 0
  for (const kind of FILE_TABLES) {
    const table = TABLES[kind]
    const row = await database
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where(notErased(`${table}.id`))
      .executeTakeFirstOrThrow()
    count += Number(row.count)
  }
  return count
}

/** `limit` files of one kind by id, those after `after`; purged ones left out. */
export async function pageOfStoredFiles(
  database: Database,
  page: { kind: FileTable; after: string; limit: number },
): Promise<StoredFile[]> {
  const table = TABLES[page.kind]
  const rows = await database
    .selectFrom(table)
    .select([`${table}.id`, `${table}.org_id`, `${table}.size`, `${table}.sha256`])
    .where(`${table}.id`, '>', page.after)
    .where(notErased(`${table}.id`))
    .orderBy(`${table}.id`)
    .limit(page.limit)
    .execute()
  return rows.map((row) => toStoredFile(page.kind, row))
}

export function toStoredFile(
  kind: FileTable,
  { id, org_id, sha256, size }: { id: string; org_id: number; size: number; sha256: string },
): StoredFile {
  return { orgId: org_id, kind, id, size: Number(size), sha256 }
}

/** Which of these ids have a row of this kind in this organisation whose file was not purged. */
export async function knownFileIds(
  database: Database,
  wanted: { orgId: number; kind: FileTable; ids: readonly string[] },
): Promise<Set<string>> {
  if (wanted.ids.length === 0) return new Set()
  const table = TABLES[wanted.kind]
  const rows = await database
    .selectFrom(table)
    .select(`${table}.id`)
    .where(`${table}.org_id`, '=', wanted.orgId)
    .where(`${table}.id`, 'in', wanted.ids)
    .where(notErased(`${table}.id`))
    .execute()
  return new Set(rows.map((row) => row.id))
}
