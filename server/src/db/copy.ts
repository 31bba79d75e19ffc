import { type Kysely, sql } from 'kysely'
import { COPIED_TABLES, NUMBERED_TABLES } from './all-tables.ts'
import { type DatabaseLocation, kitOf, transact } from './database.ts'
import type { Schema } from './schema.ts'
import { openSnapshot, type SnapshotRow } from './snapshot.ts'

/** Every row of our database as it is at one instant, table by table, on any kind of database. */
export async function copyOut(
  database: Kysely<Schema>,
  from: { url: DatabaseLocation; write(table: string, rows: AsyncIterable<SnapshotRow>): Promise<void> },
): Promise<void> {
  const tables = await database.introspection.getTables()
  const snapshot = await openSnapshot(from.url)
  try {
    for (const { key, rowsAtOnce, table } of COPIED_TABLES) {
      const columns = tables.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? []
      await from.write(table, snapshot.rows({ table, columns, key, as: 'value', rowsAtOnce }))
    }
  } finally {
    await snapshot.close()
  }
}

/** Whether nothing is in the database yet. */
export async function isEmpty(database: Kysely<Schema>): Promise<boolean> {
  for (const { table } of COPIED_TABLES) {
    const row = await database.selectFrom(table).select(sql<number>`1`.as('one')).limit(1).executeTakeFirst()
    if (row) return false
  }
  return true
}

/** Writes rows as they were copied out, numbers and all. */
export async function copyIn(
  database: Kysely<Schema>,
  to: { table: keyof Schema; rows: readonly SnapshotRow[] },
): Promise<void> {
  const [first] = to.rows
  if (!first) return
  const columns = Object.keys(first)
  const values = to.rows.map((row) => sql`(${sql.join(columns.map((column) => sql.val(row[column])))})`)
  await transact(database, async (transaction) => {
    const names = sql.join(columns.map((column) => sql.ref(column)))
    await sql`insert into ${sql.table(to.table)} (${names}) values ${sql.join(values)}`.execute(transaction)
  })
}

/** After the last row: numbers that the database makes from now on are new ones. */
export async function finishCopyIn(database: Kysely<Schema>): Promise<void> {
  for (const table of NUMBERED_TABLES) {
    for (const statement of kitOf(database).ddl.afterCopy(table)) await sql.raw(statement).execute(database)
  }
}
