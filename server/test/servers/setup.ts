import type { TestProject } from 'vitest/node'
import { DATABASES } from '../databases.ts'
import type { TestServer } from './debian.ts'
import { startMariadb } from './mariadb.ts'
import { startPostgres } from './postgres.ts'

/** Starts the database servers that no URL in the environment names, once for all test files; stops them at the end. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const started: TestServer[] = []
  const start = async (url: string | undefined, begin: () => Promise<TestServer>) => {
    if (url) return url
    const server = await begin()
    started.push(server)
    return server.url
  }
  if (DATABASES.includes('postgres')) {
    provide('postgresUrl', await start(process.env.TEST_POSTGRES_URL, startPostgres))
  }
  if (DATABASES.includes('mysql')) provide('mysqlUrl', await start(process.env.TEST_MYSQL_URL, startMariadb))
  return async () => {
    await Promise.all(started.map((server) => server.stop()))
  }
}
