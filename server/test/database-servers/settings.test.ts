import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { openDatabase } from '../../src/db/database.ts'
import { databaseOn, runOn, startOwnServer, thisDatabase } from '../databases.ts'
import type { DebianServer } from '../servers/debian.ts'
import { startTestService } from '../start.ts'

let server: DebianServer
let url: string
const folder = mkdtempSync(join(tmpdir(), 'nbexchange-settings-'))

beforeAll(async () => {
  server = await startOwnServer()
  url = (await databaseOn(server, 'settings')).url
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
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
  test('our sessions commit synchronously, whatever the server says', async () => {
    await apply('alter system set synchronous_commit = off')
    const env = { NBEX_DB_URL: url, NBEX_USER_PLUGIN: 'demo' }
    const { config } = await loadConfig({ args: [], cwd: folder, systemFolder: folder, env })
    const database = await openDatabase({ url: config.database })
    try {
      const { rows } = await sql`show synchronous_commit`.execute(database)
      expect(rows).toEqual([{ synchronous_commit: 'on' }])
    } finally {
      await database.destroy()
      await apply('alter system reset synchronous_commit')
    }
  })
}

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
      env: { NBEX_DB_URL: changed, NBEX_USER_PLUGIN: 'demo', NBEX_PORT: '0' },
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
