import type { DatabaseIntrospector, DialectAdapter, Kysely, QueryCompiler } from 'kysely'
import type { Backend } from '../driver.ts'
import type { Schema } from '../schema.ts'

/** Everything that one database does in its own way: this is the whole list. */
export interface DialectKit {
  createAdapter(): DialectAdapter
  createQueryCompiler(): QueryCompiler
  createIntrospector(database: Kysely<unknown>): DatabaseIntrospector
  backend: Backend
  /** Whether one connection does all the writing, so that transactions wait for each other and may share a commit. */
  oneAtATime: boolean
  ddl: DdlKit
  /** What in the server's settings could lose an acknowledged commit, one line each. */
  weaknesses(database: Kysely<Schema>): Promise<string[]>
}

/** How tables are made. */
export interface DdlKit {
  /** A query that gives the `name` of every table of this database or schema. */
  tables: string
  /** Statements that take and give back the lock under which migrations run; null where the transaction is one. */
  lock: { take: string; giveBack: string | null } | null
  /** Whether indexes are statements of their own, or stand inside the table so that one statement can be repeated. */
  separateIndexes: boolean
  createTable: string
  types: Readonly<Record<ColumnType, string>>
  /** Statements that make the table refuse changes of what it holds; none where that takes rights we cannot ask for. */
  appendOnly(table: string): string[]
  /** Statements that remove what `appendOnly` made and dropping the table leaves behind. */
  afterDrop(table: string): string[]
  /** Statements to run after rows were written with numbers that the database had not made. */
  afterCopy(table: string): string[]
}

/**
 * `id`: a number that the database makes; `ref`: one that points to it; `org`: an organisation; `number`: a small
 * one; `big`: microseconds or bytes; `name`: up to 200 characters, compared by bytes; `notebook`: up to 128;
 * `ascii`: up to 100 ASCII characters, compared by bytes; `text`: never compared.
 */
export type ColumnType = 'id' | 'ref' | 'org' | 'number' | 'big' | 'name' | 'notebook' | 'ascii' | 'text'
