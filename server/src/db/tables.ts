import { type Kysely, sql } from 'kysely'
import type { ColumnType, DdlKit } from './dialects/kit.ts'

/** A table as all databases have it. */
export interface Table {
  name: string
  /** Column to type; a `?` behind the type lets it be null. */
  columns: Readonly<Record<string, ColumnType | `${ColumnType}?`>>
  primaryKey?: readonly string[]
  unique?: readonly (readonly string[])[]
  foreignKeys?: readonly { columns: readonly string[]; references: string; to: readonly string[] }[]
  /** Name to columns. */
  indexes?: Readonly<Record<string, readonly string[]>>
}

/** Makes the table with everything that belongs to it. Can be repeated where a database cannot undo it. */
export async function createTable(database: Kysely<unknown>, ddl: DdlKit, table: Table): Promise<void> {
  const indexes = Object.entries(table.indexes ?? {})
  const parts = [
    ...Object.entries(table.columns).map(([name, type]) => columnSql(ddl, name, type)),
    ...(table.primaryKey ? [`primary key (${table.primaryKey.join(', ')})`] : []),
    ...(table.unique ?? []).map((columns) => `unique (${columns.join(', ')})`),
    ...(ddl.separateIndexes ? [] : indexes.map(([name, columns]) => `index ${name} (${columns.join(', ')})`)),
    ...(table.foreignKeys ?? []).map(
      (key) => `foreign key (${key.columns.join(', ')}) references ${key.references} (${key.to.join(', ')})`,
    ),
  ]
  await run(database, `${ddl.createTable} ${table.name} (\n  ${parts.join(',\n  ')}\n)`)
  if (!ddl.separateIndexes) return
  for (const [name, columns] of indexes) {
    await run(database, `create index ${name} on ${table.name} (${columns.join(', ')})`)
  }
}

/** Makes the table refuse every update and delete, where the database lets us. */
export async function makeAppendOnly(database: Kysely<unknown>, ddl: DdlKit, table: string): Promise<void> {
  for (const statement of ddl.appendOnly(table)) await run(database, statement)
}

function columnSql(ddl: DdlKit, name: string, type: ColumnType | `${ColumnType}?`): string {
  const optional = type.endsWith('?')
  const columnType = ddl.types[type.replace('?', '') as ColumnType]
  return `${name} ${columnType}${optional || type === 'id' ? '' : ' not null'}`
}

async function run(database: Kysely<unknown>, statement: string): Promise<void> {
  await sql.raw(statement).execute(database)
}
