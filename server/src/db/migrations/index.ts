import type { Kysely } from 'kysely'
import type { DdlKit } from '../dialects/kit.ts'
import { up as initial } from './001-initial.ts'

/**
 * Brings the schema one step further. Runs inside a transaction; where the database commits each statement by
 * itself (MySQL), every statement of it must bear to be run again.
 */
export type Migration = (database: Kysely<unknown>, ddl: DdlKit) => Promise<void>

/** Every migration, in order. A released one is never changed: append. */
export const MIGRATIONS: readonly { name: string; up: Migration }[] = [{ name: '001-initial', up: initial }]
