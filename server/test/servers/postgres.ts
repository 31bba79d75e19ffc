import { join } from 'node:path'
import pg from 'pg'
import {
  folderOf,
  freePort,
  runAs,
  spawnAs,
  stopServer,
  type TestServer,
  untilReady,
  versionedProgram,
} from './debian.ts'

const USER = 'postgres'

/** A PostgreSQL of Debian's package, on a free port, with its data in a temporary folder. */
export async function startPostgres(): Promise<TestServer> {
  const folder = folderOf(USER)
  const data = join(folder, 'data')
  const port = await freePort()
  const initdb = versionedProgram('postgresql', 'initdb')
  runAs(USER, [initdb, '-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'])
  const child = spawnAs(USER, [
    versionedProgram('postgresql', 'postgres'),
    ...['-D', data, '-p', String(port), '-k', folder],
    ...['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=100', '-c', 'log_min_messages=panic'],
  ])
  const url = `postgresql://${USER}@127.0.0.1:${port}/postgres`
  await untilReady(() => run(url, 'select 1'))
  return { url, stop: () => stopServer(child, folder, 'SIGINT') }
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** A new empty database on the server. */
export async function freshPostgres(
  server: string,
  name: string,
): Promise<{ url: string; drop(): Promise<void> }> {
  await run(server, `create database ${name}`)
  return {
    url: server.replace(/\/[^/]*$/, `/${name}`),
    drop: () => run(server, `drop database ${name} with (force)`),
  }
}
