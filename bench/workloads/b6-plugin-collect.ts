import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeFolder } from '../../torture/scratch.ts'
import type { Body } from '../bodies.ts'
import { type Contestant, contest, fewer } from '../contest.ts'
import { startDelayProxy } from '../delay-proxy.ts'
import { driveWell } from '../drive.ts'
import { student } from '../faces.ts'
import { callPlugin, needPlugin, type PluginCall } from '../plugin.ts'
import { type Measured, startMeasured } from '../service.ts'
import type { Bench, Table, Workload } from '../workload.ts'
import { ASSIGNMENT, pick } from './handing-in.ts'

/** Base64 of this many bytes, which packs to little more again. */
const BYTES = 300_000

/** A submission, and the digest of the notebook in it. */
interface Work extends Body {
  notebook: string
}

interface Class {
  service: Measured
  students: number
  works: readonly Work[]
}

/** Nearly all of the time goes to the contestant that waits: 3 runs. */
export const pluginCollect: Workload = {
  id: 'B6',
  title: 'The instructor collects submissions of 300 kB with the plugin, over a line with a delay',
  async run(bench) {
    needPlugin()
    const service = await startMeasured(bench)
    try {
      const works = Array.from({ length: 8 }, () => packedNotebook(bench.folder))
      const students = bench.quick ? 40 : 500
      await service.api.release(ASSIGNMENT, pick(works, 0))
      const one = async (index: number) => {
        await service.api.submit(student(index), ASSIGNMENT, pick(works, index))
        return 0
      }
      await driveWell({ requests: students, as: { clients: 16 }, one })
      const tables: Table[] = []
      for (const roundTrip of [0, 5, 20, 50]) {
        bench.say(`  ${roundTrip} ms`)
        tables.push(await collecting(bench, { service, students, works }, roundTrip))
      }
      return { tables }
    } finally {
      await service.stop()
    }
  },
}

async function collecting(bench: Bench, found: Class, roundTrip: number): Promise<Table> {
  const proxy = await startDelayProxy(found.service.url, roundTrip)
  const folder = join(bench.folder, 'course')
  const contestant = (name: string, call: PluginCall['call']): Contestant => ({
    name,
    async run() {
      mkdirSync(folder)
      const seconds = await callPlugin({ call, service: proxy.url, assignment: ASSIGNMENT, folder })
      const bytes = compared(folder, found)
      removeFolder(folder)
      return { 'wall s': seconds, 'submissions/s': found.students / seconds, MB: bytes / 1e6 }
    },
  })
  try {
    const contestants = [
      contestant('the plugin', 'collect'),
      contestant('one at a time, each a connection', 'collect-one-at-a-time'),
    ]
    const rows = await contest(contestants, fewer(bench.rounds))
    return { title: `${found.students} submissions, ${roundTrip} ms round trip`, rows }
  } finally {
    proxy.stop()
  }
}

/** Throws unless everybody's work is there, byte for byte; answers how many bytes were sent for it. */
function compared(folder: string, { students, works }: Class): number {
  const submitted = join(folder, 'submitted')
  const there = readdirSync(submitted).length
  if (there !== students) throw new Error(`${there} students were collected, not ${students}`)
  let bytes = 0
  for (let index = 0; index < students; index++) {
    const { name } = student(index)
    const work = pick(works, index)
    const notebook = readFileSync(join(submitted, name, ASSIGNMENT, 'p1.ipynb'))
    if (sha256(notebook) !== work.notebook)
      throw new Error(`the work of ${name} was collected with other bytes`)
    bytes += work.bytes.length
  }
  return bytes
}

function packedNotebook(folder: string): Work {
  const notebook = Buffer.from(randomBytes(BYTES).toString('base64'))
  writeFileSync(join(folder, 'p1.ipynb'), notebook)
  const bytes = execFileSync('tar', ['-cz', '-C', folder, 'p1.ipynb'])
  return { bytes, sha256: sha256(bytes), notebook: sha256(notebook) }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
