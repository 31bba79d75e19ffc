import { type Insertable, type Selectable, sql } from 'kysely'
import type { Database } from './database.ts'
import type { ReleasesTable } from './schema/work.ts'

export interface ReleaseRow extends Selectable<ReleasesTable> {
  /** The name of who released it. */
  releaser: string
}

export async function insertRelease(database: Database, row: Insertable<ReleasesTable>): Promise<void> {
  await database.insertInto('releases').values(row).execute()
}

function releases(database: Database, orgId: number) {
  return database
    .selectFrom('releases')
    .innerJoin('users', (join) =>
      join.onRef('users.org_id', '=', 'releases.org_id').onRef('users.id', '=', 'releases.released_by'),
    )
    .selectAll('releases')
    .select('users.name as releaser')
    .where('releases.org_id', '=', orgId)
}

/** Every release of an assignment, newest first. */
export async function listReleases(
  database: Database,
  of: { orgId: number; assignmentId: number },
): Promise<ReleaseRow[]> {
  return releases(database, of.orgId)
    .where('releases.assignment_id', '=', of.assignmentId)
    .orderBy('releases.version', 'desc')
    .execute()
}

/** One version, or the newest where `version` is null. */
export async function findRelease(
  database: Database,
  wanted: { orgId: number; assignmentId: number; version: number | null },
): Promise<ReleaseRow | undefined> {
  let query = releases(database, wanted.orgId).where('releases.assignment_id', '=', wanted.assignmentId)
  if (wanted.version !== null) query = query.where('releases.version', '=', wanted.version)
  return query.orderBy('releases.version', 'desc').limit(1).executeTakeFirst()
}

/** The newest release of every assignment of these courses. */
export async function listNewestReleases(
  database: Database,
  of: { orgId: number; courseIds: readonly number[] },
): Promise<ReleaseRow[]> {
  if (of.courseIds.length === 0) return []
  return releases(database, of.orgId)
    .where('releases.assignment_id', 'in', (eb) =>
      eb
        .selectFrom('assignments')
        .select('assignments.id')
        .where('assignments.org_id', '=', of.orgId)
        .where('assignments.course_id', 'in', of.courseIds),
    )
    .where('releases.version', '=', (eb) =>
      eb
        .selectFrom('releases as newer')
        .select(sql<number>`max(newer.version)`.as('version'))
        .whereRef('newer.org_id', '=', 'releases.org_id')
        .whereRef('newer.assignment_id', '=', 'releases.assignment_id'),
    )
    .execute()
}

export async function findReleaseByKey(
  database: Database,
  key: { orgId: number; releasedBy: number; idempotencyKey: string },
): Promise<ReleaseRow | undefined> {
  return releases(database, key.orgId)
    .where('releases.released_by', '=', key.releasedBy)
    .where('releases.idempotency_key', '=', key.idempotencyKey)
    .executeTakeFirst()
}
