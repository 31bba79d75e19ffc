import { deepStrictEqual } from 'node:assert'
import { join } from 'node:path'
import type { Copied } from '../../server/src/commands/keeping-house/copy-files.ts'
import type { SweepReport } from '../../server/src/commands/sweep.ts'
import type { VerifyReport } from '../../server/src/commands/verify.ts'
import { removeFolder } from '../../torture/scratch.ts'
import { placesIn } from '../../torture/service-child.ts'
import { type Body, bodies } from '../bodies.ts'
import { type Ran, runCommand } from '../command.ts'
import { type Contestant, contest, fewer } from '../contest.ts'
import { FilledClass } from '../fill.ts'
import { writeFilesOfRows } from '../fill-files.ts'
import { startMeasured } from '../service.ts'
import type { Bench, Workload } from '../workload.ts'

const BYTES = 4096

/** The files were written just before and are read from memory; what is written goes to the disk. A backup takes long: 3 runs. */
export const keepingHouse: Workload = {
  id: 'B12',
  title: 'Keeping house: verify, sweep and backup of 100 000 files of 4 kB',
  async run(bench) {
    const files = await fill(bench)
    bench.say(`  ${files} files are there`)
    const rows = await contest(chores(bench.folder, files), fewer(bench.rounds))
    return { tables: [{ title: `${files} files`, rows }] }
  },
}

/** For every student and assignment a submission and three pages of feedback. Answers how many files that are. */
async function fill(bench: Bench): Promise<number> {
  const [body] = bodies(1, BYTES) as [Body]
  const service = await startMeasured(bench)
  await service.stop()
  const file = { size: BYTES, sha256: body.sha256 }
  const filled = await FilledClass.begin(placesIn(bench.folder).database, bench.quick ? 25 : 50, file)
  await filled.growTo(bench.quick ? 5 : 500)
  await filled.close()
  return writeFilesOfRows(bench.folder, body.bytes)
}

/** Each throws unless its report is that of a clean house with so many files. */
function chores(directory: string, files: number): Contestant[] {
  const backup = join(directory, 'backup')
  const perSecond = ({ peak, seconds }: Ran<unknown>, bytes: number) => ({
    'wall s': seconds,
    'files/s': files / seconds,
    ...(bytes > 0 && { 'MB/s': bytes / seconds / 1e6 }),
    'peak RSS MB': peak,
  })
  const backingUp = async (expected: Pick<Copied, 'copied' | 'kept'>) => {
    const ran = await runCommand<Copied>(directory, ['backup', backup])
    const { bytes, copied, damaged, kept } = ran.report
    deepStrictEqual({ copied, kept, damaged }, { ...expected, damaged: [] })
    return perSecond(ran, bytes)
  }
  return [
    {
      name: 'verify',
      async run() {
        const ran = await runCommand<VerifyReport>(directory, ['verify'])
        const { damaged, database, files: read, litter } = ran.report
        deepStrictEqual(
          { damaged, database, litter: litter.files, checked: read.checked },
          { damaged: [], database: [], litter: 0, checked: files },
        )
        return perSecond(ran, read.bytes)
      },
    },
    {
      name: 'sweep',
      async run() {
        const ran = await runCommand<SweepReport>(directory, ['sweep', '--yes'])
        const { files: seen, litter } = ran.report
        deepStrictEqual({ seen, litter: litter.files }, { seen: files, litter: 0 })
        return perSecond(ran, 0)
      },
    },
    {
      name: 'backup to an empty folder',
      run() {
        removeFolder(backup)
        return backingUp({ copied: files, kept: 0 })
      },
    },
    { name: 'backup again', run: () => backingUp({ copied: 0, kept: files }) },
  ]
}
