import { join } from 'node:path'
import mysql from 'mysql2/promise'
import { type Certificates, DebianServer, folderOf, freePort, type Row, runAs } from './debian.ts'

const USER = 'mysql'

/** A MariaDB of Debian's package, on a free port, with its data in a temporary folder; with TLS where it has a certificate. */
export async function startMariadb(certificates?: Certificates): Promise<DebianServer> {
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
  const url = `mysql://root@127.0.0.1:${port}/mysql`
  const server = new DebianServer({
    user: USER,
    folder,
    command: [
      '/usr/sbin/mariadbd',
      '--no-defaults',
      ...[`--datadir=${data}`, `--port=${port}`, `--socket=${join(folder, 's')}`],
      ...[`--pid-file=${join(folder, 'pid')}`, `--log-error=${join(folder, 'log')}`],
      // As at some sites: times are told in that zone to who asks for none.
      ...['--bind-address=127.0.0.1', '--skip-name-resolve', '--default-time-zone=+05:30'],
      // As where there are replicas.
      ...(certificates ? [`--log-bin=${join(data, 'log')}`, '--sync-binlog=1'] : []),
      ...(certificates ? [`--ssl-cert=${certificates.certificate}`, `--ssl-key=${certificates.key}`] : []),
    ],
    url,
    stopSignal: 'SIGTERM',
    ask: () => rowsOnMariadb(url, ['select 1']),
  })
  await server.start()
  return server
}

/** Runs statements over one connection; answers the rows of each. */
export async function rowsOnMariadb(url: string, statements: readonly string[]): Promise<Row[][]> {
  const connection = await mysql.createConnection(url)
  try {
    const answers: Row[][] = []
    for (const statement of statements) {
      const [rows] = await connection.query(statement)
      answers.push(Array.isArray(rows) ? (rows as Row[]).map(withTexts) : [])
    }
    return answers
  } finally {
    await connection.end()
  }
}

/** Names are bytes there, so that none folds or pads; to a test they are the texts that they are elsewhere. */
function withTexts(row: Row): Row {
  const texts = Object.entries(row).map(([name, value]) => [
    name,
    Buffer.isBuffer(value) ? value.toString() : value,
  ])
  return Object.fromEntries(texts)
}

/** A new empty database on the server. */
export async function freshMariadb(
  server: string,
  name: string,
): Promise<{ url: string; drop(): Promise<unknown> }> {
  await rowsOnMariadb(server, [`create database ${name}`])
  return {
    url: server.replace(/\/[^/]*$/, `/${name}`),
    drop: () => rowsOnMariadb(server, [`drop database ${name}`]),
  }
}
