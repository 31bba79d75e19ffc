import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileCache } from '../compile-cache.ts'
import { databaseOn, ownCertificates, runOn, startOwnServer, thisDatabase } from '../databases.ts'
import { onDatabase } from '../on-database.ts'
import type { DebianServer } from '../servers/debian.ts'
import { startTestService } from '../start.ts'

const certificates = ownCertificates()
let server: DebianServer
let url: string
const folder = mkdtempSync(join(tmpdir(), 'nbexchange-settings-'))

beforeAll(async () => {
  server = await startOwnServer(certificates)
  url = (await databaseOn(server, 'settings')).url
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
  rmSync(dirname(certificates.key), { recursive: true })
})

/** Settings of a server that can lose what it has committed: how to make it so, and how it is called. */
const WEAK =
  thisDatabase() === 'postgres'
    ? [
        { name: 'fsync = off', on: 'alter system set fsync = off', off: 'alter system reset fsync' },
        {
          name: 'full_page_writes = off',
          on: 'alter system set full_page_writes = off',
          off: 'alter system reset full_page_writes',
        },
      ]
    : [
        {
          name: 'innodb_flush_log_at_trx_commit = 2',
          on: 'set global innodb_flush_log_at_trx_commit = 2',
          off: 'set global innodb_flush_log_at_trx_commit = 1',
        },
        { name: 'sync_binlog = 0', on: 'set global sync_binlog = 0', off: 'set global sync_binlog = 1' },
      ]

describe.each(WEAK)('a server with $name', ({ name, on, off }) => {
  test('is refused at the start, unless the config takes the risk', async () => {
    await apply(on)
    try {
      await expect(startTestService({ NBEX_DB_URL: url })).rejects.toThrow(name)
      const options = JSON.stringify({ weakDurability: 'warn' })
      const service = await startTestService({ NBEX_DB_URL: url, NBEX_DB_OPTIONS: options })
      await service.close()
    } finally {
      await apply(off)
    }
    await (await startTestService({ NBEX_DB_URL: url })).close()
  })
})

// PostgreSQL alone lets each session choose.
if (thisDatabase() === 'postgres') {
  test('our sessions commit synchronously, whatever the server says, and hold nothing for long that nobody waits for', async () => {
    await apply('alter system set synchronous_commit = off')
    try {
      const shown = await onDatabase(url, async (database) => {
        const names = ['synchronous_commit', 'statement_timeout', 'idle_in_transaction_session_timeout']
        const results = names.map((name) =>
          sql<Record<string, string>>`show ${sql.ref(name)}`.execute(database),
        )
        return Promise.all(results.map(async (result) => Object.values((await result).rows[0] ?? {})[0]))
      })
      expect(shown).toEqual(['on', '10s', '1min'])
    } finally {
      await apply('alter system reset synchronous_commit')
    }
  })
}

if (thisDatabase() === 'mysql') {
  test('our sessions cut nothing, see what was committed, and wait no minute for a lock, whatever the server says', async () => {
    const others = { sql_mode: "''", tx_isolation: "'REPEATABLE-READ'", innodb_lock_wait_timeout: '50' }
    const names = Object.keys(others)
    const [before] = await runOn(url, `select ${names.map((name) => `@@global.${name} as ${name}`)}`)
    try {
      for (const [name, value] of Object.entries(others)) await apply(`set global ${name} = ${value}`)
      const { rows } = await onDatabase(url, (database) =>
        sql`select @@sql_mode as sql_mode, @@tx_isolation as tx_isolation,
          @@innodb_lock_wait_timeout as innodb_lock_wait_timeout`.execute(database),
      )
      expect(rows).toEqual([
        {
          sql_mode: 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
          tx_isolation: 'READ-COMMITTED',
          innodb_lock_wait_timeout: 10,
        },
      ])
    } finally {
      for (const name of names) {
        const value = before?.[name]
        await apply(`set global ${name} = ${typeof value === 'string' ? `'${value}'` : value}`)
      }
    }
  })
}

/** Whether this session is encrypted. */
async function isEncrypted(of: string): Promise<boolean> {
  const [row] = await onDatabase(of, async (database) => {
    const query =
      thisDatabase() === 'postgres'
        ? sql<{ value: unknown }>`select ssl as value from pg_stat_ssl where pid = pg_backend_pid()`
        : sql<{ value: unknown }>`select variable_value as value from information_schema.session_status
            where variable_name = 'SSL_CIPHER'`
    return (await query.execute(database)).rows
  })
  return row?.value === true || (typeof row?.value === 'string' && row.value !== '')
}

describe('a connection to a server with a certificate', () => {
  const { authority, otherAuthority } = certificates

  test.each([
    ['', '127.0.0.1', false],
    ['?sslmode=disable', '127.0.0.1', false],
    ['?sslmode=require', '127.0.0.1', true],
    ['?sslmode=require', 'localhost', true],
    [`?sslmode=require&sslrootcert=${authority}`, '127.0.0.1', true],
    [`?sslmode=verify-ca&sslrootcert=${authority}`, '127.0.0.1', true],
    [`?sslmode=verify-ca&sslrootcert=${authority}`, 'localhost', true],
    [`?sslmode=verify-full&sslrootcert=${authority}`, 'localhost', true],
  ])('with %j to %s is made, and is encrypted: %s', async (options, host, encrypted) => {
    expect(await isEncrypted(at(host) + options)).toBe(encrypted)
  })

  test.each([
    ['an authority that has not signed it', `?sslmode=require&sslrootcert=${otherAuthority}`, '127.0.0.1'],
    ['an authority that has not signed it', `?sslmode=verify-ca&sslrootcert=${otherAuthority}`, '127.0.0.1'],
    [
      'an authority that has not signed it',
      `?sslmode=verify-full&sslrootcert=${otherAuthority}`,
      '127.0.0.1',
    ],
    ['the authorities that everybody believes', '?sslmode=verify-ca', '127.0.0.1'],
    ['the authorities that everybody believes', '?sslmode=verify-full', 'localhost'],
    ['an address that it does not name', `?sslmode=verify-full&sslrootcert=${authority}`, '127.0.0.1'],
  ])('is refused for %s: %s to %s', async (_, options, host) => {
    await expect(isEncrypted(at(host) + options)).rejects.toThrow(
      /cannot be used: .*(certificate|altnames|is an address)/i,
    )
  })

  test('is refused for another name where names are compared, and there alone', async () => {
    const { certificate, key, otherCertificate, otherKey } = certificates
    const kept = [certificate, key].map((path) => [path, readFileSync(path)] as const)
    const outcome = (mode: string) =>
      isEncrypted(`${at('localhost')}?sslmode=${mode}&sslrootcert=${authority}`).catch(() => 'refused')
    const reload = () => runOn(url, thisDatabase() === 'postgres' ? 'select pg_reload_conf()' : 'flush ssl')
    try {
      writeFileSync(certificate, readFileSync(otherCertificate))
      writeFileSync(key, readFileSync(otherKey))
      await reload()
      await expect.poll(() => outcome('verify-full')).toBe('refused')
      expect(await outcome('verify-ca')).toBe(true)
    } finally {
      for (const [path, bytes] of kept) writeFileSync(path, bytes)
      await reload()
    }
    await expect.poll(() => outcome('verify-full')).toBe(true)
  })

  function at(host: string): string {
    return Object.assign(new URL(url), { hostname: host }).href
  }
})

describe('what cannot work is one line and exit code 1', () => {
  test.each([
    ['a port where nobody listens', (good: URL) => Object.assign(good, { port: '1' }), /ECONNREFUSED/],
    [
      'a wrong password',
      (good: URL) => Object.assign(good, { password: 'wrong' }),
      /denied|password authentication failed/,
    ],
    ['a database that is not there', (good: URL) => Object.assign(good, { pathname: '/nowhere' }), /nowhere/],
    [
      'a host that is not there',
      (good: URL) => Object.assign(good, { host: 'nowhere.invalid' }),
      /nowhere\.invalid/,
    ],
  ])('%s', async (_what, change, reason) => {
    const changed = change(new URL(url)).href
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/main.ts'), 'serve'], {
      cwd: folder,
      env: { ...compileCache, NBEX_DB_URL: changed, NBEX_USER_PLUGIN: 'demo', NBEX_PORT: '0' },
    })
    const [error, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
    expect([code, error]).toEqual([
      1,
      expect.stringMatching(/^nbexchange: The database .* cannot be used: .*\n$/),
    ])
    expect(error).toMatch(reason)
    expect(error).not.toContain('wrong')
  })
})

async function apply(statement: string): Promise<void> {
  await runOn(url, statement)
  if (thisDatabase() === 'postgres') {
    await runOn(url, 'select pg_reload_conf()')
    await expect.poll(() => runOn(url, 'select 1')).toHaveLength(1)
  }
}
