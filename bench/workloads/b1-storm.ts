import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../../torture/random.ts'
import { bodies } from '../bodies.ts'
import { type Contestant, contest, fewer } from '../contest.ts'
import type { Load } from '../drive.ts'
import { ProcessFigures } from '../process-figures.ts'
import { durableWrites, sequentialWrite } from '../roofs/fio.ts'
import { startNginx } from '../roofs/nginx.ts'
import { startRawWriter } from '../roofs/raw-writer.ts'
import { startMeasured } from '../service.ts'
import { median } from '../statistics.ts'
import { askWell, connections } from '../wire.ts'
import type { Bench, Table, Workload } from '../workload.ts'
import { onMoreProcesses } from './b1-processes.ts'
import { onASlowDisk } from './b1-slow-disk.ts'
import { ASSIGNMENT, handingIn, measured, pick, type Storm } from './handing-in.ts'

const BYTES = 4_300_000

export const storm: Workload = {
  id: 'B1',
  title: 'Deadline storm: everybody hands in 4.3 MB, durably',
  async run(bench) {
    const service = await startMeasured(bench)
    try {
      const files = bodies(8, BYTES)
      await service.api.release(ASSIGNMENT, pick(files, 0))
      const tables = [await disk(bench)]
      for (const clients of bench.quick ? [16] : [1, 16, 64, 256]) {
        tables.push(await closedLoop({ bench, service, files, clients }))
      }
      tables.push(await openLoop({ bench, service, files }, capacityOf(tables)))
      tables.push(await onASlowDisk({ ...bench, folder: join(bench.folder, 'slow') }))
      tables.push(...(await onMoreProcesses({ ...bench, folder: join(bench.folder, 'processes') })))
      return { tables }
    } finally {
      await service.stop()
    }
  },
}

async function closedLoop(storm: Storm & { clients: number }): Promise<Table> {
  const { bench, clients, files, service } = storm
  const requests = bench.quick ? 32 : Math.max(clients, clients === 1 ? 50 : 200)
  const folder = join(bench.folder, 'roofs')
  const writer = await startRawWriter(join(folder, 'raw'))
  const nginx = await startNginx(join(folder, 'nginx'))
  const agent = connections()
  const put = (name: string, roof: { url: string; pid: number }, stored: string): Contestant => {
    const used = new ProcessFigures(roof.pid)
    const one = async (index: number) => {
      const { bytes } = pick(files, index)
      await askWell(agent, `${roof.url}${index}`, { method: 'PUT', body: [bytes] })
      return bytes.length
    }
    const load: Load = { requests, as: { clients }, one }
    return { name, run: () => measured({ load, used, forget: () => emptied(stored) }) }
  }
  try {
    const rows = await contest(
      [
        ...service.faces.map((face) => handingIn({ ...storm, face, requests, as: { clients } })),
        put('roof: bare Node writer, fsync', writer, join(folder, 'raw')),
        put('roof: nginx PUT, no fsync', nginx, join(folder, 'nginx/files')),
      ],
      bench.rounds,
    )
    return { title: `${clients} clients`, rows }
  } finally {
    agent.destroy()
    writer.stop()
    nginx.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Students who come by chance, at half, once and twice the rate that 16 clients reached. */
async function openLoop(storm: Storm, capacity: number): Promise<Table> {
  const contestants = [0.5, 1, 2].map((times) => {
    const chance = new Random(7)
    const as = { perSecond: capacity * times, random: () => chance.next() }
    const requests = storm.bench.quick ? 32 : 300
    const handing = handingIn({ ...storm, face: storm.service.api, requests, as })
    return { ...handing, name: `API, ${times} x capacity` }
  })
  return { title: 'arrivals by chance', rows: await contest(contestants, storm.bench.rounds) }
}

function capacityOf(tables: readonly Table[]): number {
  const [api] = tables.find(({ title }) => title === '16 clients')?.rows ?? []
  return median(api?.figures['req/s'] ?? [])
}

async function disk(bench: Bench): Promise<Table> {
  const rows = await contest(
    [
      {
        name: 'one stream, fsync at its end',
        run: () => sequentialWrite(bench.folder, bench.quick ? 64 : 1024),
      },
      { name: '4 KiB and fdatasync, 1 job', run: () => durableWrites(bench.folder, 1) },
      { name: '4 KiB and fdatasync, 16 jobs', run: () => durableWrites(bench.folder, 16) },
    ],
    fewer(bench.rounds),
  )
  return { title: 'the disk (fio)', rows }
}

function emptied(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
}
