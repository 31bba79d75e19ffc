import type { TestProject } from 'vitest/node'
import { startMariadb } from './mariadb.ts'
import { startPostgres } from './postgres.ts'

/** Starts the database server of the project unless the environment names one, once for all its files; stops it at the end. */
export async function setup({ name, provide }: TestProject): Promise<() => Promise<void>> {
  const given = name === 'postgres' ? process.env.TEST_POSTGRES_URL : process.env.TEST_MYSQL_URL
  if (given) {
    provide('databaseServer', given)
    return async () => {}
  }
  const server = await (name === 'postgres' ? startPostgres() : startMariadb())
  provide('databaseServer', server.url)
  return () => server.stop()
}
