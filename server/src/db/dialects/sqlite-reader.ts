import Sqlite from 'better-sqlite3'
import { databaseUnavailable } from '../errors.ts'

/** A connection that never writes, not even beside the file of a program that does not expect it. */
export function openReader(file: string) {
  let database: Sqlite.Database
  try {
    database = new Sqlite(file, { readonly: true, fileMustExist: true, timeout: 10_000 })
  } catch (error) {
    throw databaseUnavailable(error)
  }
  return {
    async query(text: string, parameters: readonly unknown[]) {
      const statement = database.prepare(text)
      if (statement.reader) return statement.all(parameters)
      statement.run(parameters)
      return []
    },
    async close() {
      database.close()
    },
  }
}
