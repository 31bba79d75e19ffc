import { setTimeout as sleep } from 'node:timers/promises'
import { auditStore, lostOf } from './audit.ts'
import { CutDisk } from './cut-disk.ts'
import { faultfsLibrary } from './faultfs.ts'
import { release } from './hand-in.ts'
import { NotHere } from './programs.ts'
import { Random } from './random.ts'
import { ServiceChild } from './service-child.ts'
import { Storm } from './storm.ts'
import { type Report, runTool, SEED_OPTION, seedFrom } from './tool.ts'

export interface CutRound {
  cutAfterMs: number
  acknowledged: number
  /** What was acknowledged and is not there, rows without file, visible partial files. */
  problems: string[]
}

export interface CutOptions {
  random: Random
  /** Longest time from the first upload to the cut. */
  longestMs: number
  load: { students: number; maxBytes: number }
  /** The proof of the rig: these paths are never synced (`1`: none is), though the service asks for it and is told that it was done. */
  withoutSync?: string
}

/** One power cut in a storm of uploads: what was acknowledged before it must be on the disk after it. */
export async function cutOnce(disk: CutDisk, options: CutOptions): Promise<CutRound> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const round = await tryToCut(disk, options)
    if (disk.isSound) return round
  }
  throw new NotHere('the disk to be cut becomes read-only again and again')
}

async function tryToCut(disk: CutDisk, options: CutOptions): Promise<CutRound> {
  const { load, random, withoutSync } = options
  disk.format()
  const env = withoutSync && {
    LD_PRELOAD: faultfsLibrary(),
    FF_PATH: disk.live,
    FF_NO_SYNC: withoutSync,
  }
  const service = await ServiceChild.start({ directory: disk.live, ...(env && { env }) })
  try {
    await release(service.url)
    const storm = new Storm({ url: service.url, random, files: 100_000, ...load })
    const cutAfterMs = random.integer(200, options.longestMs)
    await storm.begun()
    await sleep(cutAfterMs)
    const acknowledged = [...storm.acknowledged]
    disk.cut()
    await service.kill()
    await storm.stop()
    const problems = [...storm.refusals, ...(await losses(disk, { ...storm, acknowledged }))]
    return { cutAfterMs, acknowledged: acknowledged.length, problems }
  } finally {
    await service.kill()
    disk.forget()
  }
}

async function losses(disk: CutDisk, storm: Pick<Storm, 'acknowledged' | 'sent'>): Promise<string[]> {
  disk.mountAfterCut()
  let service: ServiceChild
  try {
    service = await ServiceChild.start({ directory: disk.afterCut })
  } catch (error) {
    return [`everything: ${error instanceof Error ? error.message : String(error)}`]
  }
  try {
    const lost = await lostOf(service.url, storm.acknowledged)
    const audit = await auditStore(disk.afterCut, { sent: storm.sent, checked: new Set() })
    const litter = audit.partials > 0 ? [`${audit.partials} partial files were not reaped`] : []
    return [...lost, ...audit.problems, ...litter]
  } finally {
    await service.kill()
  }
}

export const LOADS = {
  small: { students: 8, maxBytes: 300_000 },
  large: { students: 4, maxBytes: 4_300_000 },
} as const

/** What may be left unsynced, and how; the rig must notice each. */
const PROOFS = {
  'nothing is synced': '1',
  'files are not': '/partial/',
  'the database is not': '-wal',
} as const

async function prove(disk: CutDisk, options: CutOptions, report: Report): Promise<void> {
  for (const [how, withoutSync] of Object.entries(PROOFS)) {
    let losses = 0
    let rounds = 0
    while (losses === 0 && rounds < 10) {
      const round = await cutOnce(disk, { ...options, withoutSync })
      losses += round.problems.length
      rounds += 1
    }
    report.check(`proof of the rig, ${how}: ${losses} losses found in ${rounds} rounds`, [
      ...(losses === 0 ? ['the rig does not find what it is there to find'] : []),
    ])
  }
}

if (import.meta.main) {
  await runTool({
    name: 'power-cut',
    summary: 'what was acknowledged survives a power cut (P1), and the rig finds it where it does not',
    options: {
      rounds: { otherwise: '20', help: 'how many cuts' },
      longest: { otherwise: '8000', help: 'longest storm before a cut, in ms' },
      seed: SEED_OPTION,
    },
    async run(given, report) {
      const random = new Random(seedFrom(given.seed, report))
      const disk = new CutDisk()
      const longestMs = Number(given.longest)
      await prove(disk, { random, longestMs: Math.min(longestMs, 3000), load: LOADS.small }, report)
      let acknowledged = 0
      for (let round = 1; round <= Number(given.rounds); round++) {
        const load = round % 2 === 1 ? LOADS.small : LOADS.large
        const result = await cutOnce(disk, { random, longestMs, load })
        acknowledged += result.acknowledged
        const { cutAfterMs } = result
        report.check(
          `round ${round}: cut after ${cutAfterMs} ms, ${result.acknowledged} acknowledged`,
          result.problems,
        )
      }
      report.say(`${acknowledged} acknowledged before the cuts`)
    },
  })
}
