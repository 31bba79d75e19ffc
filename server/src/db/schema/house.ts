import type { Generated } from 'kysely'

/** What an import has taken over already, so that it can be run again. */
export interface ImportedTable {
  /** UUID made from what the thing is called in its source. */
  id: string
  /** What the source said of it then. */
  state: string
  at: number
}

/** Files that belong to no row, and since when that is known. */
export interface QuarantineTable {
  file_key: string
  since: number
}

/** Files that were purged. Their rows stay as evidence; nobody is shown them any more. */
export interface ErasuresTable {
  /** The id of the release, submission or feedback. */
  file_id: string
  org_id: number
  kind: string
  /** Bytes that the file had. */
  size: number
  at: number
  reason: string
}

/** What `verify`, `sweep` and the like have found, newest last. */
export interface ChoresTable {
  id: Generated<number>
  name: string
  at: number
  /** 1 where nothing was found that a person must look at. */
  clean: number
  /** The report as JSON. */
  report: string
}
