import { type RawBuilder, sql } from 'kysely'

/** What part of the house is meant; whatever is left out counts as all. */
export interface Part {
  orgId?: number | undefined
  course?: string | undefined
  assignment?: string | undefined
  /** A user's name. */
  student?: string | undefined
}

/** The column in which a query has each word of the part; it does not ask for a word without one. */
export type Columns = Partial<Record<keyof Part, string>>

/** Whether a row is in the part. */
export function inPart(part: Part, columns: Columns): RawBuilder<boolean> {
  const conditions = Object.entries(columns).flatMap(([word, column]) => {
    const wanted = part[word as keyof Part]
    return wanted === undefined ? [] : [sql`${sql.ref(column)} = ${wanted}`]
  })
  return conditions.length === 0 ? sql<boolean>`1 = 1` : sql<boolean>`${sql.join(conditions, sql` and `)}`
}
