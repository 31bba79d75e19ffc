import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { loadConfig } from '../src/config/load.ts'
import { createLog } from '../src/log.ts'
import { startService } from '../src/service.ts'
import { freshDatabase } from './databases.ts'

/** A real service that tells what it runs in SQL. */
export interface LoggedService {
  url: string
  databaseUrl: string
  /** Every statement so far, in the order it began. */
  statements: readonly string[]
  close(): Promise<void>
}

export async function startLoggedService(): Promise<LoggedService> {
  const directory = await mkdtemp(join(tmpdir(), 'nbexchange-test-'))
  const database = await freshDatabase(directory)
  const { config } = await loadConfig({
    args: [],
    cwd: directory,
    systemFolder: directory,
    env: {
      NBEX_USER_PLUGIN: 'proxy-header',
      NBEX_PORT: '0',
      NBEX_BASE_STORAGE_LOCATION: join(directory, 'storage'),
      NBEX_DEBUG_DB: 'true',
      NBEX_DB_URL: database.url,
    },
  })
  const statements: string[] = []
  const stream = new PassThrough()
  stream.on('data', (lines: Buffer) => {
    for (const line of lines.toString().trimEnd().split('\n')) {
      const { msg, statement } = JSON.parse(line) as { msg: string; statement: string }
      if (msg === 'sql') statements.push(statement)
    }
  })
  const service = await startService(config, createLog({ level: 'info', stream }))
  return {
    url: service.url,
    databaseUrl: database.url,
    statements,
    async close() {
      await service.close()
      await database.drop()
      await rm(directory, { recursive: true })
    },
  }
}
