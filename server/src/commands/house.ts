import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Config } from '../config/load.ts'
import { openDatabase } from '../db/database.ts'
import { bringUpToDate } from '../db/migrate.ts'
import type { Schema } from '../db/schema.ts'
import { wallClock } from '../exchange/timestamps.ts'
import { createMetrics } from '../metrics.ts'
import { FileStore } from '../storage/file-store.ts'
import { createStorage } from '../storage/index.ts'
import type { CommandContext } from './command.ts'

/** Database and storage of this service, for commands that work beside it. */
export interface House {
  config: Config
  database: Kysely<Schema>
  files: FileStore
  /** Microseconds since 1970 UTC. */
  now(): number
  uuid(): string
}

/** Runs `work` on them and lets go of them. Throws where the database is not up to date and may not be brought there. */
export async function inHouse<T>(context: CommandContext, work: (house: House) => Promise<T>): Promise<T> {
  const { config } = await context.loadConfig()
  const database = await openDatabase({ url: config.database })
  try {
    await bringUpToDate(database, config.upgradeDb)
    return await work({ config, database, files: filesOf(config), now: wallClock(), uuid: randomUUID })
  } finally {
    await database.destroy()
  }
}

/** The storage that the configuration names. What is in it already may be of any size. */
export function filesOf(config: Config): FileStore {
  const metrics = createMetrics()
  const driver = createStorage(config.files, { metrics })
  return new FileStore({ driver, metrics, settings: { ...config, maxBufferSize: Number.MAX_SAFE_INTEGER } })
}
