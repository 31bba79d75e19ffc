import type { DatabaseLocation } from '../../db/database.ts'
import { openSnapshot, type Snapshot, type SnapshotRow } from '../../db/snapshot.ts'
import { ExchangeError } from '../../errors.ts'
import { uuidOf } from './marks.ts'
import type { SourceCourse } from './records.ts'

/** What `read` finds in the database that an import goes to; `nothing` where there is none of ours yet. Nothing is written. */
export async function beforeTheRun<T>(
  url: DatabaseLocation,
  read: (snapshot: Snapshot) => Promise<T>,
  nothing: T,
): Promise<T> {
  try {
    const snapshot = await openSnapshot(url)
    try {
      return (await snapshot.tables()).includes('imported') ? await read(snapshot) : nothing
    } finally {
      await snapshot.close()
    }
  } catch (error) {
    if (!(error instanceof ExchangeError) || url.dialect !== 'sqlite') throw error
    return nothing
  }
}

/** What earlier runs have taken over, and what the source said of it then. */
export async function marksIn(snapshot: Snapshot): Promise<ReadonlyMap<string, string>> {
  const marks = new Map<string, string>()
  for await (const { id, state } of snapshot.rows({ ...IMPORTED, columns: ['id', 'state'] })) {
    marks.set(String(id), String(state))
  }
  return marks
}

type Course = Pick<SourceCourse, 'orgId' | 'code'>

/** Which courses of a source were closed here. */
export async function closedCourses(snapshot: Snapshot): Promise<(course: Course) => boolean> {
  const closed = new Set<string>()
  const open = new Map<string, number>()
  const wanted = { table: 'courses', columns: COURSE, key: ['id'], as: 'value' } as const
  for await (const row of snapshot.rows(wanted)) {
    if (Number(row.closed_at) > 0) closed.add(markOf(row))
    else open.set(markOf(row), Number(row.created_at))
  }
  const again = new Set([...open.keys()].filter((mark) => closed.has(mark)))
  for (const mark of again) closed.delete(mark)
  if (again.size > 0) {
    for await (const { at, id } of snapshot.rows({ ...IMPORTED, columns: ['id', 'at'] })) {
      const mark = String(id)
      // Taken over before the open one was made: that was the one that is closed now.
      if (again.has(mark) && Number(at) < (open.get(mark) ?? 0)) closed.add(mark)
    }
  }
  return ({ code, orgId }) => closed.has(markOf({ org_id: orgId, code }))
}

const IMPORTED = { table: 'imported', key: ['id'], as: 'value' } as const
const COURSE = ['org_id', 'code', 'closed_at', 'created_at']

function markOf({ code, org_id }: SnapshotRow): string {
  return uuidOf('course', String(org_id), String(code))
}
