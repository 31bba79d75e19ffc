import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../src/db/migrate.ts'
import { CuttingProxy } from '../database-servers/cutting-proxy.ts'
import { freshDatabase, thisDatabase } from '../databases.ts'
import { openAt } from '../on-database.ts'

/**
 * The URLs of databases that a migration which was killed has left: after its first statement, its second, and so on, the
 * last one after all of them. Each is good until the next is asked for.
 */
export function cutMigrations(): AsyncGenerator<string> {
  return thisDatabase() === 'sqlite' ? onDisk() : onServer()
}

/** The files as they are after each statement: what a killed process has written stays, and nothing else of it does. */
async function* onDisk(): AsyncGenerator<string> {
  const folder = mkdtempSync(join(tmpdir(), 'nbexchange-migrated-'))
  let statements = 0
  const keep = () => {
    statements += 1
    const copy = join(folder, String(statements))
    mkdirSync(copy)
    // The third file is shared memory, which SQLite makes anew from the other two.
    for (const name of readdirSync(folder).filter((name) => /\.db(-wal)?$/.test(name))) {
      copyFileSync(join(folder, name), join(copy, name))
    }
  }
  const database = await openAt(`sqlite:///${join(folder, 'nbexchange.db')}`, { debug: keep })
  await migrate(database)
  for (let after = 1; after <= statements; after++)
    yield `sqlite:///${join(folder, String(after), 'nbexchange.db')}`
  await database.destroy()
  rmSync(folder, { recursive: true })
}

/** A line that is cut after each statement: a server sees nothing else of a client that is killed. */
async function* onServer(): AsyncGenerator<string> {
  let statements: number
  let last = 0
  do {
    last += 1
    statements = 0
    const fresh = await freshDatabase('')
    const { hostname, port } = new URL(fresh.url)
    const line = await CuttingProxy.start({ host: hostname, port: Number(port) })
    const cut = () => {
      statements += 1
      if (statements === last) line.cutAll()
    }
    const database = await openAt(fresh.url.replace(`:${port}/`, `:${line.port}/`), { debug: cut })
    await migrate(database).catch(() => {})
    await database.destroy().catch(() => {})
    await line.stop()
    yield fresh.url
    await fresh.drop()
  } while (statements >= last)
}
