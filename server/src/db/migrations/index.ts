import type { Kysely } from 'kysely'
import { up as initial } from './001-initial.ts'

/** Brings the schema one step further. Runs inside a transaction. */
export type Migration = (database: Kysely<unknown>) => Promise<void>

/** Every migration, in order. A released one is never changed: append. */
export const MIGRATIONS: readonly { name: string; up: Migration }[] = [{ name: '001-initial', up: initial }]
