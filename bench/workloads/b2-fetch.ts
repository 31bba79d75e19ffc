import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Body, bodies } from '../bodies.ts'
import { type Contestant, contest } from '../contest.ts'
import { drive, type Load, loadFigures } from '../drive.ts'
import { student } from '../faces.ts'
import { ProcessFigures } from '../process-figures.ts'
import { startNginx } from '../roofs/nginx.ts'
import { startMeasured } from '../service.ts'
import { askWell } from '../wire.ts'
import type { Bench, Table, Workload } from '../workload.ts'

export const classFetch: Workload = {
  id: 'B2',
  title: 'The whole class fetches one assignment, each fetch recorded durably',
  async run(bench) {
    const sizes = [
      { bytes: 4_300_000, clients: 32 },
      { bytes: 100_000, clients: 32 },
      ...(bench.quick ? [] : [{ bytes: 4_300_000, clients: 256 }]),
    ]
    const tables: Table[] = []
    for (const [index, size] of sizes.entries()) {
      tables.push(await fetching({ ...bench, folder: join(bench.folder, String(index)) }, size))
    }
    return { tables }
  },
}

async function fetching(bench: Bench, size: { bytes: number; clients: number }): Promise<Table> {
  const { clients, bytes } = size
  const [body] = bodies(1, bytes) as [Body]
  const nginx = await startNginx(join(bench.folder, 'nginx'))
  writeFileSync(join(bench.folder, 'nginx/files/body'), body.bytes)
  const service = await startMeasured(bench)
  const requests = (bench.quick ? 100 : 500) * (bytes < 1_000_000 ? 5 : 1)
  const contestant = (
    name: string,
    used: ProcessFigures,
    ask: (index: number) => Promise<void>,
  ): Contestant => {
    const one = (index: number) => ask(index).then(() => bytes)
    const load: Load = { requests, as: { clients }, one }
    return { name, run: () => timed(load, used) }
  }
  try {
    for (const face of service.faces.slice(1)) await face.release('ps1', body)
    const rows = await contest(
      [
        ...service.faces.map((face) =>
          contestant(face.name, service.figuresOf(face), (index) => face.fetch(student(index), 'ps1', body)),
        ),
        contestant('roof: nginx sendfile', new ProcessFigures(nginx.pid), async () => {
          const { sha256 } = await askWell(service.agent, `${nginx.url}body`)
          if (sha256 !== body.sha256) throw new Error('nginx gave other bytes')
        }),
      ],
      bench.rounds,
    )
    return { title: `${bytes / 1000} kB, ${clients} clients`, rows }
  } finally {
    await service.stop()
    nginx.stop()
  }
}

async function timed(load: Load, used: ProcessFigures): Promise<Record<string, number>> {
  used.reset()
  const driven = await drive(load)
  return { ...loadFigures(driven), ...used.since(load.requests) }
}
