import { openDatabase } from '../src/db/database.ts'
import { createServer } from '../src/http/server.ts'
import { createLog } from '../src/log.ts'
import { createMetrics } from '../src/metrics.ts'
import { FileStore } from '../src/storage/file-store.ts'
import { createStorage } from '../src/storage/index.ts'

/** `docs/openapi.json`: the OpenAPI 3.1 document of the API, from the schemas of its routes. */
export async function openapiReference(): Promise<string> {
  const metrics = createMetrics()
  const database = await openDatabase({ url: { dialect: 'sqlite', file: ':memory:' } })
  const driver = createStorage({ kind: 'filesystem', root: '/nowhere' }, { metrics })
  const server = createServer({
    exchange: {
      database,
      files: new FileStore({ driver, maxBytes: 1, metrics }),
      metrics,
      now: () => 0,
      uuid: () => '',
      instructorRoles: [],
    },
    userPlugin: { getCurrentUser: async () => null },
    log: createLog({ level: 'silent' }),
    metrics,
    version: '1',
    baseUrl: '/services/nbexchange/',
    maxBufferSize: 1,
    health: { ready: async () => ({ ready: true, checks: {}, freeBytes: null, lastVerify: null }) },
  })
  try {
    await server.ready()
    return `${JSON.stringify(server.swagger(), null, 2)}\n`
  } finally {
    await server.close()
    await database.destroy()
  }
}
