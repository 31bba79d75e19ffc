import { sql } from 'kysely'
import type { Database } from './database.ts'

/** Whose work for which assignment. */
export interface OfStudent {
  orgId: number
  assignmentId: number
  userId: number
}

/** The last label and the last position of this student for the assignment, whatever became of the work; 0 without any. */
export async function lastOf(
  database: Database,
  of: OfStudent,
): Promise<{ statedAt: number; position: number }> {
  const last = (column: 'stated_at' | 'position') =>
    ofStudent(database, of).select(({ fn }) => fn.max<number | null>(column).as('last'))
  const row = await database
    .selectNoFrom([last('stated_at').as('stated_at'), last('position').as('position')])
    .executeTakeFirstOrThrow()
  return { statedAt: Number(row.stated_at ?? 0), position: Number(row.position ?? 0) }
}

/** The position `at`, or the first after it that is free. */
export async function freePosition(database: Database, of: OfStudent, at: number): Promise<number> {
  const taken = await ofStudent(database, of).select('position').where('position', '=', at).executeTakeFirst()
  if (!taken) return at
  const row = await ofStudent(database, of)
    .select(({ fn }) => fn.min<number>('position').as('last'))
    .where('position', '>=', at)
    .where(({ exists, not, ref, selectFrom }) =>
      not(
        exists(
          selectFrom('submissions as next')
            .select('next.id')
            .where('next.org_id', '=', of.orgId)
            .where('next.assignment_id', '=', of.assignmentId)
            .where('next.user_id', '=', of.userId)
            .where('next.position', '=', sql<number>`${ref('submissions.position')} + 1`),
        ),
      ),
    )
    .executeTakeFirstOrThrow()
  return Number(row.last) + 1
}

function ofStudent(database: Database, { assignmentId, orgId, userId }: OfStudent) {
  return database
    .selectFrom('submissions')
    .where('org_id', '=', orgId)
    .where('assignment_id', '=', assignmentId)
    .where('user_id', '=', userId)
}
