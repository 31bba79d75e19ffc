import type { Schema } from './schema.ts'

/** What those who walk over all tables know of one. */
interface TableFacts {
  /** The columns by which it is read in pages. */
  key: readonly string[]
  /** Whether the database makes the numbers of its rows. */
  numbered?: true
  /** Whether it refuses every change of a row. */
  appendOnly?: true
  /** How many rows are in memory at a time, where a thousand may be too much. */
  rowsAtOnce?: number
  /** Whether it belongs to this one database alone, so that no backup holds it. */
  stays?: true
}

/** Every table, those that are pointed at before those that point. */
export const ALL_TABLES: Readonly<Record<keyof Schema, TableFacts>> = {
  users: { key: ['id'], numbered: true },
  former_names: { key: ['org_id', 'user_id', 'ended_at'] },
  courses: { key: ['id'], numbered: true },
  members: { key: ['org_id', 'course_id', 'user_id'] },
  roster: { key: ['org_id', 'course_id', 'student', 'source'] },
  roster_syncs: { key: ['org_id', 'course_id', 'source'] },
  sections: { key: ['org_id', 'course_id', 'student', 'source', 'section'] },
  assignments: { key: ['id'], numbered: true },
  releases: { key: ['id'] },
  submissions: { key: ['id'] },
  file_lists: { key: ['file_id'], rowsAtOnce: 8 },
  feedback: { key: ['id'] },
  extensions: { key: ['id'], numbered: true },
  acceptances: { key: ['id'], numbered: true },
  credentials: { key: ['id'], numbered: true },
  actions: { key: ['id'], numbered: true, appendOnly: true },
  seals: { key: ['id'], numbered: true, appendOnly: true },
  public_keys: { key: ['kid'] },
  signing_keys: { key: ['kid'], stays: true },
  imported: { key: ['id'] },
  quarantine: { key: ['file_key'], stays: true },
  erasures: { key: ['file_id'] },
  chores: { key: ['id'], numbered: true },
}

/** The same in their order, those that a backup holds. */
export const COPIED_TABLES = tables().filter(({ stays }) => !stays)

export const NUMBERED_TABLES = namesOf((facts) => facts.numbered === true)

export const APPEND_ONLY_TABLES = namesOf((facts) => facts.appendOnly === true)

/** The names of all, those that point before those that are pointed at. */
export const DROP_ORDER = namesOf(() => true).reverse()

function tables(): ({ table: keyof Schema } & TableFacts)[] {
  return Object.entries(ALL_TABLES).map(([table, facts]) => ({ table: table as keyof Schema, ...facts }))
}

function namesOf(which: (facts: TableFacts) => boolean): (keyof Schema)[] {
  return tables()
    .filter(which)
    .map(({ table }) => table)
}
