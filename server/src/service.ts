import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { loadUserPlugin } from './auth/index.ts'
import { NeverWorks, type UserPlugin } from './auth/user-plugin.ts'
import type { Config } from './config/load.ts'
import { lastVerifyIn } from './db/chores.ts'
import { durabilityWeaknesses, openDatabase } from './db/database.ts'
import { bringUpToDate } from './db/migrate.ts'
import type { Exchange } from './exchange/exchange.ts'
import { wallClock } from './exchange/timestamps.ts'
import { createServer } from './http/server.ts'
import type { Log } from './log.ts'
import { createMetrics } from './metrics.ts'
import { FileStore } from './storage/file-store.ts'
import { createStorage } from './storage/index.ts'
import { VERSION } from './version.ts'

/** A service that answers. */
export interface Service {
  /** Where, with the base path: `http://127.0.0.1:9000/services/nbexchange/`. */
  url: string
  /** Takes nothing new, finishes what is under way, lets go of everything. */
  close(): Promise<void>
}

/** Wires the rooms and listens. Throws one clear line when anything that it needs is not there. */
export async function startService(config: Config, log: Log): Promise<Service> {
  const { close, server } = await wireService(config, log)
  const address = await server.listen({ host: config.host, port: config.port })
  return { url: new URL(config.baseUrl, address).href, close }
}

/** The service, ready to listen, on a database that is up to date; for whoever wants to know what it would answer. */
export async function wireService(
  config: Config,
  log: Log,
): Promise<{ server: FastifyInstance; close(): Promise<void> }> {
  const metrics = createMetrics()
  const userPlugin = await loadUserPlugin(config, log)
  await checkSignIn(userPlugin, log)
  const debug = (statement: string, parameters: readonly unknown[]) =>
    log.info({ statement, parameters: parameters.map((value) => typeof value) }, 'sql')
  const database = await openDatabase({
    url: config.database,
    metrics,
    ...(config.debugDb && { debug }),
  })
  const driver = createStorage(config.files, { metrics })
  const files = new FileStore({ driver, metrics, settings: config })
  await prepare({ config, log, database, files })
  await checkDurability({ config, log, database })
  const exchange: Exchange = {
    database,
    files,
    metrics,
    now: wallClock(),
    uuid: randomUUID,
    settings: config,
  }
  const server = createServer({
    exchange,
    userPlugin,
    log,
    metrics,
    version: VERSION,
    settings: config,
    health: { ready: () => readiness(exchange) },
  })
  return {
    server,
    async close() {
      await server.close()
      await userPlugin.close?.()
      await database.destroy()
    },
  }
}

/** A sign-in that can never work as it is configured stops the start; one whose provider is down now does not. */
async function checkSignIn(userPlugin: UserPlugin, log: Log): Promise<void> {
  try {
    await userPlugin.check?.()
  } catch (error) {
    if (error instanceof NeverWorks) throw error
    log.warn({ err: error }, 'the sign-in could not be checked; starting all the same')
  }
}

async function prepare(parts: {
  config: Config
  log: Log
  database: Exchange['database']
  files: FileStore
}): Promise<void> {
  const { config, database, files, log } = parts
  const ran = await bringUpToDate(database, config.upgradeDb)
  if (ran.length > 0) log.info({ migrations: ran }, 'the database was brought up to date')
  const reaped = await files.reap()
  if (reaped > 0) log.info({ files: reaped }, 'unfinished uploads of a dead process were removed')
}

/** A server that could lose what it has acknowledged is refused, or named loudly where the config allows it. */
async function checkDurability(parts: { config: Config; log: Log; database: Exchange['database'] }) {
  const { config, database, log } = parts
  for (const weakness of await durabilityWeaknesses(database)) {
    const message = `${weakness}: it can lose submissions that were acknowledged.`
    if (config.dbOptions.weakDurability === 'refuse') {
      const advice = "Change it, or set dbOptions.weakDurability to 'warn'."
      throw new Error(`${message} ${advice}`)
    }
    log.error(message)
  }
}

async function readiness(exchange: Exchange) {
  const checks: Record<string, string> = { storage: 'ok', database: 'ok' }
  let freeBytes: number | null = null
  const failed = (name: string) => (error: unknown) => {
    checks[name] = error instanceof Error ? error.message : String(error)
  }
  await Promise.all([
    exchange.files.check().then((report) => {
      freeBytes = report.freeBytes
    }, failed('storage')),
    sql`select 1`.execute(exchange.database).then(() => undefined, failed('database')),
  ])
  const ready = Object.values(checks).every((state) => state === 'ok')
  const lastVerify = ready ? await lastVerifyIn(exchange.database) : null
  return { ready, checks, freeBytes, lastVerify }
}
