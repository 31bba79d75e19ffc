import type { Kysely } from 'kysely'
import type { DdlKit } from '../dialects/kit.ts'
import { createTable, makeAppendOnly } from '../tables.ts'
import { DATES } from './001-initial/dates.ts'
import { HOUSE } from './001-initial/house.ts'
import { LOG } from './001-initial/log.ts'
import { PEOPLE } from './001-initial/people.ts'
import { WORK } from './001-initial/work.ts'

/** Every table of the first version, those that are pointed at first. */
export async function up(database: Kysely<unknown>, ddl: DdlKit): Promise<void> {
  for (const table of [...PEOPLE, ...WORK, ...DATES, ...LOG, ...HOUSE])
    await createTable(database, ddl, table)
  for (const table of ['actions', 'seals']) await makeAppendOnly(database, ddl, table)
}
