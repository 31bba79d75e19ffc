import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { inject } from 'vitest'
import { freshMariadb } from './servers/mariadb.ts'
import { freshPostgres } from './servers/postgres.ts'

const KNOWN = ['sqlite', 'postgres', 'mysql'] as const

export type DatabaseName = (typeof KNOWN)[number]

/** The databases to test on: all, or those that `DATABASES=sqlite,postgres` names. */
export const DATABASES: readonly DatabaseName[] = KNOWN.filter((name) =>
  (process.env.DATABASES ?? KNOWN.join(',')).split(',').includes(name),
)

/** The database of this test project. */
export function thisDatabase(): DatabaseName {
  return KNOWN.find((name) => name === process.env.TEST_DATABASE) ?? 'sqlite'
}

/** A new empty database of this project's kind; `drop` forgets it. */
export async function freshDatabase(directory: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `t${randomBytes(8).toString('hex')}`
  const kind = thisDatabase()
  if (kind === 'postgres') return freshPostgres(inject('postgresUrl'), name)
  if (kind === 'mysql') return freshMariadb(inject('mysqlUrl'), name)
  return { url: `sqlite:///${join(directory, `${name}.db`)}`, drop: async () => {} }
}

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
    mysqlUrl: string
  }
}
