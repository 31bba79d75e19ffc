import { join } from 'node:path'
import { faultfsLibrary } from '../../torture/faultfs.ts'
import { type Body, bodies } from '../bodies.ts'
import { contest } from '../contest.ts'
import type { Face } from '../faces.ts'
import { type Measured, startMeasured } from '../service.ts'
import type { Bench, Table } from '../workload.ts'
import { handingIn } from './handing-in.ts'

/**
 * The storm with small files on a disk that takes 5 ms longer for every fsync, which is what most disks take: one client,
 * who never shares a commit, beside 64. The second service has more threads for what waits for the disk.
 */
export async function onASlowDisk(bench: Bench): Promise<Table> {
  const files = bodies(8, 30_000)
  const slow = { LD_PRELOAD: faultfsLibrary(), FF_SYNC_MS: '5', FF_PATH: bench.folder }
  const four = await startMeasured({ ...bench, folder: join(bench.folder, 'four') }, { env: slow })
  const many = await startMeasured(
    { ...bench, folder: join(bench.folder, 'many') },
    { env: { ...slow, UV_THREADPOOL_SIZE: '32' } },
  )
  try {
    const contestants = await Promise.all(
      [
        { service: four, name: '4 threads, 1 client', clients: 1 },
        { service: four, name: '4 threads, 64 clients', clients: 64 },
        { service: many, name: '32 threads, 1 client', clients: 1 },
        { service: many, name: '32 threads, 64 clients', clients: 64 },
      ].map(async ({ clients, name, service }) => ({
        ...(await contestantOf({ bench, service, files, clients })),
        name,
      })),
    )
    return { title: '30 kB, every fsync 5 ms slower', rows: await contest(contestants, bench.rounds) }
  } finally {
    await four.stop()
    await many.stop()
  }
}

async function contestantOf(what: { bench: Bench; service: Measured; files: Body[]; clients: number }) {
  const { bench, clients, files, service } = what
  const face: Face = service.api
  const [first] = files
  if (first) await face.release('ps1', first)
  const requests = (bench.quick ? 4 : 20) * Math.min(clients, 32) + 20
  return handingIn({ bench, service, files, face, requests, as: { clients } })
}
