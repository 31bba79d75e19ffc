import type { Kysely } from 'kysely'
import type { Schema } from '../db/schema.ts'
import type { Metrics } from '../metrics.ts'
import type { FileStore } from '../storage/file-store.ts'

/** What every rule works with; made once, in `service.ts`. */
export interface Exchange {
  database: Kysely<Schema>
  files: FileStore
  metrics: Metrics
  /** The wall clock: microseconds since 1970 UTC. */
  now(): number
  /** A new random UUID, lower case. */
  uuid(): string
  /** Role names that teach, in lower case. */
  instructorRoles: readonly string[]
}
