import { type Insertable, sql } from 'kysely'
import { type Database, isMysql } from './database.ts'
import type { Schema } from './schema.ts'

export interface Upsert<T extends keyof Schema> {
  table: T
  row: Insertable<Schema[T]>
  /** The columns of the unique key. */
  keys: readonly (keyof Schema[T] & string)[]
  /** Columns that take the new value where the row exists. */
  replace?: readonly (keyof Schema[T] & string)[]
  /** Columns that take the new value where the row exists and the new value is not null. */
  fill?: readonly (keyof Schema[T] & string)[]
}

/** Inserts the row or, where its key exists, brings the named columns up to date. Two at once make one row. */
export async function upsert<T extends keyof Schema>(database: Database, wanted: Upsert<T>): Promise<void> {
  const { fill = [], keys, replace = [], row, table } = wanted
  const columns = Object.keys(row)
  const mysql = isMysql(database)
  const fresh = (column: string) =>
    mysql ? sql`values(${sql.ref(column)})` : sql`${sql.ref(`excluded.${column}`)}`
  const sets = [
    ...replace.map((column) => sql`${sql.ref(column)} = ${fresh(column)}`),
    ...fill.map(
      (column) => sql`${sql.ref(column)} = coalesce(${fresh(column)}, ${sql.ref(`${table}.${column}`)})`,
    ),
  ]
  const names = sql.join(columns.map((column) => sql.ref(column)))
  const values = sql.join(columns.map((column) => sql.val((row as Record<string, unknown>)[column])))
  const insert = sql`insert into ${sql.table(table)} (${names}) values (${values})`
  await sql`${insert} ${onConflict({ mysql, keys, sets })}`.execute(database)
}

function onConflict(to: { mysql: boolean; keys: readonly string[]; sets: ReturnType<typeof sql>[] }) {
  const key = to.keys[0] ?? ''
  if (to.mysql) {
    const sets = to.sets.length > 0 ? to.sets : [sql`${sql.ref(key)} = ${sql.ref(key)}`]
    return sql`on duplicate key update ${sql.join(sets)}`
  }
  const target = sql.join(to.keys.map((column) => sql.ref(column)))
  if (to.sets.length === 0) return sql`on conflict (${target}) do nothing`
  return sql`on conflict (${target}) do update set ${sql.join(to.sets)}`
}
