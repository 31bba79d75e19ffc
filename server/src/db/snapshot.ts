import type { DatabaseLocation } from './database.ts'
import { mysqlFamily } from './dialects/mysql.ts'
import { postgres } from './dialects/postgres.ts'
import type { ServerOptions } from './dialects/server-options.ts'
import { openReader } from './dialects/sqlite-reader.ts'

export type SnapshotRow = Record<string, string | number | null>

/** Some rows of one table. */
export interface RowsWanted {
  table: string
  columns: readonly string[]
  /** The columns by which the table is read in pages; their order is the order of the rows. */
  key: readonly string[]
  /** `text`: every value as the database itself writes it, times to the last digit. `value`: numbers as numbers. */
  as: 'text' | 'value'
  /** How many are read at a time; 1,000 unless said otherwise. */
  rowsAtOnce?: number | undefined
}

/** A database, ours or anybody's, as it was at one instant. Never written to. */
export interface Snapshot {
  tables(): Promise<string[]>
  rows(wanted: RowsWanted): AsyncGenerator<SnapshotRow>
  close(): Promise<void>
}

interface Reader {
  query(text: string, parameters: readonly unknown[]): Promise<unknown[]>
  close(): Promise<void>
}

/** What SQL spells differently. */
interface Spelling {
  begin: readonly string[]
  tables: string
  quote: string
  text: string
  parameter(number: number): string
}

const PAGE = 1000
const AN_HOUR_MS = 3_600_000

const SPELLINGS: Readonly<Record<DatabaseLocation['dialect'], Spelling>> = {
  sqlite: {
    begin: ['begin'],
    tables: "select name from sqlite_schema where type = 'table'",
    quote: '"',
    text: 'text',
    parameter: () => '?',
  },
  postgres: {
    begin: ["set time zone 'UTC'", 'begin isolation level repeatable read read only'],
    tables: 'select tablename as name from pg_tables where schemaname = current_schema()',
    quote: '"',
    text: 'text',
    parameter: (number) => `$${number}`,
  },
  mysql: {
    begin: [
      "set session time_zone = '+00:00'",
      'set session transaction isolation level repeatable read',
      'start transaction with consistent snapshot, read only',
    ],
    tables: 'select table_name as name from information_schema.tables where table_schema = database()',
    quote: '`',
    text: 'char',
    parameter: () => '?',
  },
}

/** Opens the database for reading alone; throws `unavailable` where that is not possible. */
export async function openSnapshot(url: DatabaseLocation): Promise<Snapshot> {
  const spelling = SPELLINGS[url.dialect]
  const reader = url.dialect === 'sqlite' ? openReader(url.file) : await serverReader(url)
  try {
    for (const statement of spelling.begin) await reader.query(statement, [])
  } catch (error) {
    await reader.close()
    throw error
  }
  return {
    async tables() {
      const rows = (await reader.query(spelling.tables, [])) as { name: string }[]
      return rows.map((row) => row.name)
    },
    rows: (wanted) => pages(reader, spelling, wanted),
    close: () => reader.close(),
  }
}

async function serverReader(url: ServerOptions & { dialect: 'postgres' | 'mysql' }): Promise<Reader> {
  const options = { ...url, poolSize: 1, statementTimeout: AN_HOUR_MS }
  const { backend } = url.dialect === 'postgres' ? postgres(options) : mysqlFamily(options)
  try {
    const session = await backend.connect()
    return {
      query: async (text, parameters) => (await session.query(text, parameters)).rows,
      async close() {
        session.release(true)
        await backend.end()
      },
    }
  } catch (error) {
    await backend.end()
    throw backend.translate(error)
  }
}

async function* pages(reader: Reader, spelling: Spelling, wanted: RowsWanted): AsyncGenerator<SnapshotRow> {
  const { as, columns, key, rowsAtOnce = PAGE, table } = wanted
  // With its table, because a plain name in `order by` would mean the text that the column is read as.
  const name = (word: string) => `${quoted(spelling, table)}.${quoted(spelling, word)}`
  const fields = columns.map((column) =>
    as === 'text' ? `cast(${name(column)} as ${spelling.text}) as ${quoted(spelling, column)}` : name(column),
  )
  const after = key.map((column, at) => `${name(column)} as ${quoted(spelling, `after_${at}`)}`)
  const order = key.map(name).join(', ')
  let last: unknown[] | null = null
  for (;;) {
    const places = key.map((_, at) => spelling.parameter(at + 1)).join(', ')
    const where: string = last ? `where (${order}) > (${places})` : ''
    const text = `select ${[...fields, ...after].join(', ')} from ${quoted(spelling, table)} ${where} order by ${order} limit ${rowsAtOnce}`
    const rows = (await reader.query(text, last ?? [])) as SnapshotRow[]
    for (const row of rows) yield Object.fromEntries(columns.map((column) => [column, row[column] ?? null]))
    const end = rows.at(-1)
    if (!end || rows.length < rowsAtOnce) return
    last = key.map((_, at) => end[`after_${at}`])
  }
}

function quoted(spelling: Spelling, word: string): string {
  if (!/^\w+$/.test(word)) throw new Error(`${word} is not the name of a column.`)
  return `${spelling.quote}${word}${spelling.quote}`
}
