import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { freshPostgres, startPostgres } from '../../server/test/servers/postgres.ts'
import { needRoot } from '../../torture/programs.ts'
import { type Body, bodies } from '../bodies.ts'
import { type Contestant, contest } from '../contest.ts'
import { type Measured, startMeasured } from '../service.ts'
import type { Bench, Table } from '../workload.ts'
import { ASSIGNMENT, handingIn, pick } from './handing-in.ts'

const LOADS = [
  { bytes: 4_300_000, clients: 16, requests: 100 },
  { bytes: 30_000, clients: 64, requests: 1000 },
]

/**
 * The storm on one process, and on two behind nginx, on SQLite and on PostgreSQL. The processor time is that of the service
 * alone, without that of nginx and PostgreSQL.
 */
export async function onMoreProcesses(bench: Bench): Promise<Table[]> {
  needRoot()
  const postgres = await startPostgres()
  const services: { name: string; service: Measured }[] = []
  try {
    for (const database of ['SQLite', 'PostgreSQL']) {
      for (const processes of [1, 2]) {
        const name = `${database}, ${processes === 1 ? 'one process' : 'two processes behind nginx'}`
        const folder = join(bench.folder, `${database}${processes}`)
        const env = database === 'SQLite' ? {} : { NBEX_DB_URL: await freshUrl(postgres.url) }
        services.push({ name, service: await startMeasured({ ...bench, folder }, { env, processes }) })
      }
    }
    const tables: Table[] = []
    for (const load of LOADS) tables.push(await underLoad(bench, services, load))
    return tables
  } finally {
    for (const { service } of services) await service.stop()
    await postgres.stop()
  }
}

async function freshUrl(server: string): Promise<string> {
  return (await freshPostgres(server, `bench_${randomUUID().slice(0, 8)}`)).url
}

async function underLoad(
  bench: Bench,
  services: readonly { name: string; service: Measured }[],
  load: (typeof LOADS)[number],
): Promise<Table> {
  const { bytes, clients } = load
  const files: Body[] = bodies(8, bytes)
  const requests = bench.quick ? Math.ceil(load.requests / 5) : load.requests
  const contestants: Contestant[] = []
  for (const { name, service } of services) {
    await service.api.release(ASSIGNMENT, pick(files, 0))
    const handing = handingIn({ bench, service, files, face: service.api, requests, as: { clients } })
    contestants.push({ ...handing, name })
  }
  return { title: `${bytes / 1000} kB, ${clients} clients`, rows: await contest(contestants, bench.rounds) }
}
