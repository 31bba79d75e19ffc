import { sql } from 'kysely'
import type { Database } from './database.ts'

export type FileId = 'submissions.id' | 'feedback.id' | 'releases.id'

/** True for a row whose file was purged. */
export function isErased(column: FileId) {
  return sql<boolean>`exists (select 1 from erasures where erasures.file_id = ${sql.ref(column)})`
}

/** True for a row whose file was not purged. */
export function notErased(column: FileId) {
  return sql<boolean>`not ${isErased(column)}`
}

export interface Erasure {
  fileId: string
  orgId: number
  kind: 'released' | 'submitted' | 'feedback'
  size: number
}

/** Says of these files that they are purged; from now on nobody is shown them. What people wrote about them goes, too. */
export async function insertErasures(
  database: Database,
  erased: { files: readonly Erasure[]; at: number; reason: string },
): Promise<void> {
  const rows = erased.files.map(({ fileId, kind, orgId, size }) => ({
    file_id: fileId,
    org_id: orgId,
    kind,
    size,
    at: erased.at,
    reason: erased.reason,
  }))
  if (rows.length === 0) return
  await database.insertInto('erasures').values(rows).execute()
  const ids = rows.map((row) => row.file_id)
  await database.deleteFrom('file_lists').where('file_id', 'in', ids).execute()
  await database
    .updateTable('acceptances')
    .set({ reason: null })
    .where('submission_id', 'in', ids)
    .where('reason', 'is not', null)
    .execute()
}
