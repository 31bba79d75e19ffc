import { join } from 'node:path'
import mysql from 'mysql2/promise'
import { folderOf, freePort, runAs, spawnAs, stopServer, type TestServer, untilReady } from './debian.ts'

const USER = 'mysql'

/** A MariaDB of Debian's package, on a free port, with its data in a temporary folder. */
export async function startMariadb(): Promise<TestServer> {
  const folder = folderOf(USER)
  const data = join(folder, 'data')
  const port = await freePort()
  runAs(USER, [
    'mariadb-install-db',
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ])
  const child = spawnAs(USER, [
    '/usr/sbin/mariadbd',
    '--no-defaults',
    ...[
      `--datadir=${data}`,
      `--port=${port}`,
      `--socket=${join(folder, 's')}`,
      `--pid-file=${join(folder, 'pid')}`,
    ],
    ...['--bind-address=127.0.0.1', '--skip-name-resolve', `--log-error=${join(folder, 'log')}`],
  ])
  const url = `mysql://root@127.0.0.1:${port}/mysql`
  await untilReady(() => run(url, 'select 1'))
  return { url, stop: () => stopServer(child, folder, 'SIGTERM') }
}

async function run(url: string, statement: string): Promise<void> {
  const connection = await mysql.createConnection(url)
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}

/** A new empty database on the server. */
export async function freshMariadb(
  server: string,
  name: string,
): Promise<{ url: string; drop(): Promise<void> }> {
  await run(server, `create database ${name}`)
  return {
    url: server.replace(/\/[^/]*$/, `/${name}`),
    drop: () => run(server, `drop database ${name}`),
  }
}
