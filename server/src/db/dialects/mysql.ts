import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { type Kysely, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler, sql } from 'kysely'
import mysql, {
  type Pool,
  type PoolConnection,
  type QueryError,
  type ResultSetHeader,
  type TypeCast,
} from 'mysql2/promise'
import type { Backend, Session } from '../driver.ts'
import { databaseFull, databaseUnavailable, TransactionAborted, UniqueViolation } from '../errors.ts'
import type { Schema } from '../schema.ts'
import type { DialectKit } from './kit.ts'
import type { ServerOptions } from './server-options.ts'

/**
 * Names are VARBINARY, because every collation folds or pads something; 800 bytes are 200 characters of four.
 * They come back as text here and nowhere else.
 */
const NAMES_AS_TEXT: TypeCast = (field, next) =>
  ['VAR_STRING', 'STRING', 'VARCHAR', 'BLOB'].includes(field.type) ? field.string('utf8') : next()

/** MariaDB 10.6 and later, MySQL 8. */
export function mysqlFamily(options: ServerOptions): DialectKit {
  const pool = mysql.createPool({
    host: options.host,
    ...(options.host.startsWith('/') && { socketPath: options.host }),
    port: options.port ?? 3306,
    database: options.database,
    ...(options.user !== undefined && { user: options.user }),
    ...(options.password !== undefined && { password: options.password }),
    connectionLimit: options.poolSize,
    connectTimeout: options.connectTimeout,
    charset: 'utf8mb4_bin',
    typeCast: NAMES_AS_TEXT,
    ...tls(options),
  })
  return {
    createAdapter: () => new MysqlAdapter(),
    createQueryCompiler: () => new MysqlQueryCompiler(),
    createIntrospector: (of) => new MysqlIntrospector(of),
    backend: backend(pool, options),
    oneAtATime: false,
    ddl: {
      tables: 'select table_name as name from information_schema.tables where table_schema = database()',
      lock: {
        take: "select get_lock('nbexchange-migrations', 600)",
        giveBack: "select release_lock('nbexchange-migrations')",
      },
      separateIndexes: false,
      createTable: 'create table if not exists',
      types: {
        id: 'bigint not null auto_increment primary key',
        ref: 'bigint',
        org: 'int',
        number: 'int',
        big: 'bigint',
        name: 'varbinary(800)',
        notebook: 'varbinary(512)',
        ascii: 'varbinary(200)',
        text: 'mediumtext character set utf8mb4 collate utf8mb4_bin',
      },
      afterCopy: () => [],
      appendOnly: () => [],
      afterDrop: () => [],
    },
    weaknesses,
  }
}

function tls({ host, sslCa, sslMode }: ServerOptions) {
  if (sslMode === 'disable') return {}
  // mysql2 compares the certificate with the name `localhost` then, and would take whoever has that one.
  if (sslMode === 'verify-full' && isIP(host) !== 0) {
    throw new Error(`sslmode=verify-full needs the name of the server: ${host} is an address`)
  }
  const ca = sslCa === undefined ? {} : { ca: readFileSync(sslCa, 'utf8') }
  const rejectUnauthorized = sslMode !== 'require' || sslCa !== undefined
  return { ssl: { rejectUnauthorized, verifyIdentity: sslMode === 'verify-full', ...ca } }
}

const SESSION = `set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
  transaction_isolation = 'READ-COMMITTED', innodb_lock_wait_timeout = 10`
const MARIADB_SESSION = SESSION.replace('transaction_isolation', 'tx_isolation')

function backend(pool: Pool, options: ServerOptions): Backend {
  const prepared = new WeakSet<object>()
  return {
    async connect() {
      const connection = await acquire(pool, options.connectTimeout)
      if (!prepared.has(connection.connection)) {
        await prepare(connection)
        prepared.add(connection.connection)
      }
      return sessionOf(connection)
    },
    async begin(session) {
      await session.query('begin', [])
    },
    async rollback(session) {
      await session.query('rollback', [])
    },
    translate,
    end: () => pool.end(),
    statementTimeout: options.statementTimeout,
  }
}

/** The pool itself would let a caller wait for ever. */
async function acquire(pool: Pool, milliseconds: number): Promise<PoolConnection> {
  const waiting = pool.getConnection()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    waiting.then((connection) => connection.release()).catch(() => {})
    late.reject(databaseUnavailable(new Error(`no connection in ${milliseconds} ms`)))
  }, milliseconds)
  try {
    return await Promise.race([waiting, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function prepare(connection: PoolConnection): Promise<void> {
  const [rows] = await connection.query('select version() as version')
  const version = String((rows as { version: unknown }[])[0]?.version)
  await connection.query(version.includes('MariaDB') ? MARIADB_SESSION : SESSION)
}

function sessionOf(connection: PoolConnection): Session {
  return {
    async query(text, parameters) {
      const [result] = await connection.query(text, [...parameters])
      if (Array.isArray(result)) return { rows: result }
      const { affectedRows } = result as ResultSetHeader
      return { rows: [], numAffectedRows: BigInt(affectedRows) }
    },
    release(broken) {
      if (broken) connection.destroy()
      else connection.release()
    },
  }
}

const RETRY = ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD']
const FULL = ['ER_DISK_FULL', 'ER_RECORD_FILE_FULL']
const LOST =
  /^(PROTOCOL_|E[A-Z]+$|ER_CON_COUNT_ERROR|ER_TOO_MANY_USER_CONNECTIONS|ER_SERVER_SHUTDOWN|ER_OPTION_PREVENTS|ER_READ_ONLY_MODE|ER_QUERY_|ER_NEW_ABORTING)/

/** Of MariaDB alone, which mysql2 gives without their names: connection killed, statement timeout. */
const LOST_NUMBERS = [1927, 1969]

function translate(error: unknown): unknown {
  const { code = '', errno = 0, message = '' } = (error ?? {}) as Partial<QueryError>
  if (code === 'ER_DUP_ENTRY') return new UniqueViolation(message, { cause: error })
  if (RETRY.includes(code)) return new TransactionAborted(message, { cause: error })
  if (FULL.includes(code)) return databaseFull(error)
  const gone = /closed state|Connection lost|Pool is closed/.test(message)
  return LOST.test(code) || LOST_NUMBERS.includes(errno) || gone ? databaseUnavailable(error) : error
}

async function weaknesses(database: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ flush: number; sync: number; bin: number }>`
    select @@innodb_flush_log_at_trx_commit as flush, @@sync_binlog as sync, @@log_bin as bin`.execute(
    database,
  )
  const [settings] = rows
  const found: string[] = []
  if (settings?.flush !== 1) {
    found.push(`the server runs with innodb_flush_log_at_trx_commit = ${settings?.flush}`)
  }
  if (settings?.bin === 1 && settings.sync !== 1)
    found.push(`the server runs with sync_binlog = ${settings.sync}`)
  return found
}
