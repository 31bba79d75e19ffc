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
    const store = { directory: bench.folder, files }
    const chores = [verifying(store), sweeping(store), ...backingUp(store)]
    const rows = await contest(chores, fewer(bench.rounds))
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

/** What `verify`, `sweep` and `backup` are run on. All throw unless the report is that of a clean house with all files. */
interface Store {
  directory: string
  files: number
}

function verifying({ directory, files }: Store): Contestant {
  return {
    name: 'verify',
    async run() {
      const ran = await runCommand<VerifyReport>(directory, ['verify'])
      const { damaged, database, files: read, litter } = ran.report
      deepStrictEqual(
        { damaged, database, litter: litter.files, checked: read.checked },
        { damaged: [], database: [], litter: 0, checked: files },
      )
      return columns(ran, { files, bytes: read.bytes })
    },
  }
}

function sweeping({ directory, files }: Store): Contestant {
  return {
    name: 'sweep',
    async run() {
      const ran = await runCommand<SweepReport>(directory, ['sweep', '--yes'])
      const { files: seen, litter } = ran.report
      deepStrictEqual({ seen, litter: litter.files }, { seen: files, litter: 0 })
      return columns(ran, { files, bytes: 0 })
    },
  }
}

function backingUp({ directory, files }: Store): Contestant[] {
  const folder = join(directory, 'backup')
  const backup = async (expected: Pick<Copied, 'copied' | 'kept'>) => {
    const ran = await runCommand<Copied>(directory, ['backup', folder])
    const { bytes, copied, damaged, kept } = ran.report
    deepStrictEqual({ copied, kept, damaged }, { ...expected, damaged: [] })
    return columns(ran, { files, bytes })
  }
  return [
    {
      name: 'backup to an empty folder',
      run() {
        removeFolder(folder)
        return backup({ copied: files, kept: 0 })
      },
    },
    { name: 'backup again', run: () => backup({ copied: 0, kept: files }) },
  ]
}

function columns({ peak, seconds }: Ran<unknown>, { bytes, files }: { bytes: number; files: number }) {
  return {
    'wall s': seconds,
    'files/s': files / seconds,
    ...(bytes > 0 && { 'MB/s': bytes / seconds / 1e6 }),
    'peak RSS MB': peak,
  }
}
