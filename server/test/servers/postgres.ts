import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import {
  type Certificates,
  DebianServer,
  folderOf,
  freePort,
  type Row,
  runAs,
  versionedProgram,
} from './debian.ts'

const USER = 'postgres'
const PASSWORD = 'only-for-tests'

/** A PostgreSQL of Debian's package, on a free port, with its data in a temporary folder; with TLS where it has a certificate. */
export async function startPostgres(certificates?: Certificates): Promise<DebianServer> {
  const folder = folderOf(USER)
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, PASSWORD)
  const port = await freePort()
  const initdb = [versionedProgram('postgresql', 'initdb'), '-D', data, '-U', USER]
  runAs(USER, [
    ...initdb,
    ...['-A', 'scram-sha-256', '--pwfile', passwordFile, '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    // As at most sites: left to the server, names would be ordered as in a dictionary.
    ...['--locale-provider=icu', '--icu-locale=en-US'],
  ])
  const url = `postgresql://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`
  const server = new DebianServer({
    user: USER,
    folder,
    command: [
      versionedProgram('postgresql', 'postgres'),
      ...['-D', data, '-p', String(port), '-k', folder],
      // As at some sites: times are told in that zone to who asks for none.
      ...['-c', 'timezone=Asia/Kolkata'],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=100', '-c', 'log_min_messages=panic'],
      ...(certificates
        ? [`--ssl=on`, `--ssl_cert_file=${certificates.certificate}`, `--ssl_key_file=${certificates.key}`]
        : []),
    ],
    url,
    stopSignal: 'SIGINT',
    ask: () => rowsOnPostgres(url, ['select 1']),
  })
  await server.start()
  return server
}

/** Runs statements over one connection; answers the rows of each. */
export async function rowsOnPostgres(url: string, statements: readonly string[]): Promise<Row[][]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const answers: Row[][] = []
    for (const statement of statements) answers.push((await client.query(statement)).rows)
    return answers
  } finally {
    await client.end()
  }
}

/** A new empty database on the server. */
export async function freshPostgres(
  server: string,
  name: string,
): Promise<{ url: string; drop(): Promise<unknown> }> {
  await rowsOnPostgres(server, [`create database ${name}`])
  return {
    url: server.replace(/\/[^/]*$/, `/${name}`),
    drop: () => rowsOnPostgres(server, [`drop database ${name} with (force)`]),
  }
}
