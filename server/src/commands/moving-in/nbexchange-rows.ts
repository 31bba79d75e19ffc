import type { DatabaseLocation } from '../../db/database.ts'
import { openSnapshot, type Snapshot } from '../../db/snapshot.ts'

/** A row of nbexchange 1.5 or 2.0; every value as text, as the database writes it. */
export type OldRow = Readonly<Record<string, string | null>>

/** The tables of nbexchange 1.5 and 2.0, and what of them is read. */
const TABLES = {
  user: ['id', 'org_id', 'name', 'full_name', 'email', 'lms_user_id'],
  course: ['id', 'org_id', 'course_code', 'course_title'],
  subscription: ['id', 'user_id', 'course_id', 'role'],
  assignment: ['id', 'assignment_code', 'active', 'course_id'],
  notebook: ['id', 'name', 'assignment_id'],
  action: ['id', 'user_id', 'assignment_id', 'action', 'location', 'timestamp'],
  feedback_2: [
    'id',
    'notebook_id',
    'instructor_id',
    'student_id',
    'location',
    'checksum',
    'timestamp',
    'created_at',
  ],
} as const

export type OldTables = Readonly<Record<keyof typeof TABLES, readonly OldRow[]>>

/**
 * Everything that the old database says, as it was at one instant, in memory (about 300 bytes a row). Nothing is written, and nothing
 * stays open. Throws for a database of somebody else.
 */
export async function readOldTables(url: DatabaseLocation): Promise<OldTables> {
  const snapshot = await openSnapshot(url)
  try {
    const there = await snapshot.tables()
    const missing = Object.keys(TABLES).filter((table) => !there.includes(table))
    if (missing.length > 0) {
      const advice = 'Bring an older one up to date with its own program first.'
      throw new Error(
        `This is no database of nbexchange 1.5 or 2.0: it has no table ${missing.join(', ')}. ${advice}`,
      )
    }
    const entries: [string, OldRow[]][] = []
    for (const [table, columns] of Object.entries(TABLES)) {
      entries.push([table, await rowsOf(snapshot, { table, columns })])
    }
    return Object.fromEntries(entries) as unknown as OldTables
  } finally {
    await snapshot.close()
  }
}

async function rowsOf(
  snapshot: Snapshot,
  { columns, table }: { table: string; columns: readonly string[] },
): Promise<OldRow[]> {
  const rows: OldRow[] = []
  for await (const row of snapshot.rows({ table, columns, key: ['id'], as: 'text' })) rows.push(row as OldRow)
  return rows
}
