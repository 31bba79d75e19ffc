import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../src/db/database.ts'
import { wallClock } from '../src/exchange/timestamps.ts'
import { createServer } from '../src/http/server.ts'
import { createLog } from '../src/log.ts'
import { createMetrics } from '../src/metrics.ts'
import { FileStore } from '../src/storage/file-store.ts'
import { createStorage } from '../src/storage/index.ts'

/** Every route that the HTTP side registers, as `METHOD url`, sorted; HEAD comes with GET and is left out. */
export async function registeredRoutes(baseUrl: string): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'nbexchange-routes-'))
  const metrics = createMetrics()
  const database = await openDatabase({ url: { dialect: 'sqlite', file: ':memory:' } })
  const driver = createStorage({ kind: 'filesystem', root }, { metrics })
  const files = new FileStore({ driver, maxBytes: 1, metrics })
  const app = createServer({
    exchange: { database, files, metrics, now: wallClock(), uuid: () => '', instructorRoles: [] },
    userPlugin: { getCurrentUser: async () => null },
    log: createLog({ level: 'silent' }),
    metrics,
    version: '0',
    baseUrl,
    maxBufferSize: 1,
    health: { ready: async () => ({ ready: true, checks: {}, freeBytes: null, lastVerify: null }) },
  })
  const routes = new Set<string>()
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'HEAD') routes.add(`${one} ${url}`)
  })
  await app.ready()
  await app.close()
  await database.destroy()
  await rm(root, { recursive: true })
  return [...routes].sort()
}
