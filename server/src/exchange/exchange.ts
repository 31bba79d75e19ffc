import type { Kysely } from 'kysely'
import type { Schema } from '../db/schema.ts'
import type { Metrics } from '../metrics.ts'
import type { FileStore } from '../storage/file-store.ts'

/** What the configuration says of roles. */
export interface RoleSettings {
  /** Role names that teach. */
  instructorRoles: readonly string[]
}

/** What every rule works with; made once, in `service.ts`. */
export interface Exchange {
  database: Kysely<Schema>
  files: FileStore
  metrics: Metrics
  /** The wall clock: microseconds since 1970 UTC. */
  now(): number
  /** A new random UUID, lower case. */
  uuid(): string
  /** The settings that the rules read, with the names and values of the configuration. */
  settings: RoleSettings
}
