import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../../torture/random.ts'
import { type Body, bodies } from '../bodies.ts'
import { type Contestant, contest } from '../contest.ts'
import { drive, type Load, loadFigures } from '../drive.ts'
import { type Face, student } from '../faces.ts'
import { ProcessFigures } from '../process-figures.ts'
import { durableWrites, sequentialWrite } from '../roofs/fio.ts'
import { startNginx } from '../roofs/nginx.ts'
import { startRawWriter } from '../roofs/raw-writer.ts'
import { type Measured, startMeasured } from '../service.ts'
import { median } from '../statistics.ts'
import { askWell, connections } from '../wire.ts'
import type { Bench, Table, Workload } from '../workload.ts'

const BYTES = 4_300_000
const ASSIGNMENT = 'ps1'

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
      return { tables }
    } finally {
      await service.stop()
    }
  },
}

interface Storm {
  bench: Bench
  service: Measured
  files: Body[]
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

/** Every request is another student's. */
export function handingIn(what: Storm & { face: Face; requests: number; as: Load['as'] }): Contestant {
  const { as, face, files, requests, service } = what
  const one = async (index: number) => {
    const body = pick(files, index)
    await face.submit(student(index), ASSIGNMENT, body)
    return body.bytes.length
  }
  const load: Load = { requests, as, one }
  return {
    name: face.name,
    run: () => measured({ load, used: service.figures, forget: () => service.forgetFiles() }),
  }
}

async function measured(run: { load: Load; used: ProcessFigures; forget: () => void }) {
  run.used.reset()
  const driven = await drive(run.load)
  const figures = { ...loadFigures(driven), ...run.used.since(run.load.requests) }
  run.forget()
  return figures
}

async function disk(bench: Bench): Promise<Table> {
  const rounds = { warmups: 0, runs: bench.quick ? 1 : 3 }
  const rows = await contest(
    [
      {
        name: 'one stream, fsync at its end',
        run: () => sequentialWrite(bench.folder, bench.quick ? 64 : 1024),
      },
      { name: '4 KiB and fdatasync, 1 job', run: () => durableWrites(bench.folder, 1) },
      { name: '4 KiB and fdatasync, 16 jobs', run: () => durableWrites(bench.folder, 16) },
    ],
    rounds,
  )
  return { title: 'the disk (fio)', rows }
}

function emptied(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
}

function pick(files: readonly Body[], index: number): Body {
  const body = files[index % files.length]
  if (!body) throw new Error('no bodies')
  return body
}
