import { recordChore } from '../db/chores.ts'
import { transact } from '../db/database.ts'
import { listQuarantine, quarantine, quarantinedSince, release } from '../db/quarantine.ts'
import type { ListedFile } from '../storage/file-store.ts'
import { chunksOf } from './chunks.ts'
import type { CommandContext } from './command.ts'
import { type House, inHouse } from './house.ts'
import { storedFiles, withRows } from './keeping-house/check-files.ts'
import { type Progress, progressOn } from './progress.ts'
import { inBytes, spanOf } from './words.ts'

export interface SweepReport {
  dry_run: boolean
  /** All stored files. */
  files: number
  /** Of them those without a row that are older than the grace. */
  litter: { files: number; bytes: number }
  /** Put into quarantine now. */
  quarantined: number
  /** Removed for good: in quarantine for long enough. */
  removed: { files: number; bytes: number }
  /** Let go from quarantine: they have rows, or are gone. */
  released: number
}

interface Rules {
  dryRun: boolean
  force: boolean
  /** Microseconds. */
  grace: number
  quarantine: number
}

/** Above this share of litter something else is wrong: the wrong database, most likely. */
const MOST_LITTER = 0.1
const CHUNK = 500

/** Removes files that belong to no row, after a grace and a quarantine. Without `--yes` only tells. */
export async function sweep(context: CommandContext): Promise<void> {
  const { switches, values } = context
  const rules: Rules = {
    dryRun: !switches.has('--yes'),
    force: switches.has('--force'),
    grace: spanOf('--grace', values.get('--grace') ?? '24h'),
    quarantine: spanOf('--quarantine', values.get('--quarantine') ?? '7d'),
  }
  const progress = progressOn(context.terminal)
  const report = await inHouse(context, async (house) => {
    const found = await sweepHouse(house, { rules, progress })
    if (!rules.dryRun)
      await recordChore(house.database, { name: 'sweep', at: house.now(), clean: true, report: found })
    return found
  })
  write(context, report)
}

export async function sweepHouse(
  house: House,
  { progress, rules }: { rules: Rules; progress: Progress },
): Promise<SweepReport> {
  const litter: ListedFile[] = []
  let files = 0
  const before = house.now() - rules.grace
  progress.begin('files', null)
  for await (const group of storedFiles(house)) {
    files += group.length
    progress.step(group.length)
    for (const { file, hasRow } of group) {
      if (!hasRow && file.modifiedAt.getTime() * 1000 <= before) litter.push(file)
    }
  }
  progress.end()
  const report: SweepReport = {
    dry_run: rules.dryRun,
    files,
    litter: { files: litter.length, bytes: total(litter) },
    quarantined: 0,
    removed: { files: 0, bytes: 0 },
    released: 0,
  }
  if (litter.length > files * MOST_LITTER && !rules.force && !rules.dryRun) {
    const share = `${litter.length} of ${files} files belong to no row`
    throw new Error(`${share}: is this the right database? --force sweeps all the same.`)
  }
  await dispose(house, { litter, rules, report })
  return report
}

function total(files: readonly ListedFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}

async function dispose(
  house: House,
  { litter, report, rules }: { litter: readonly ListedFile[]; rules: Rules; report: SweepReport },
): Promise<void> {
  const { database } = house
  const now = house.now()
  const since = new Map<string, number>()
  for (const some of chunksOf(litter, CHUNK)) {
    const keys = some.map(({ key }) => key)
    for (const [key, at] of await quarantinedSince(database, keys)) since.set(key, at)
  }
  for (const file of litter) {
    const noted = since.get(file.key)
    if (noted === undefined) {
      report.quarantined += 1
      if (!rules.dryRun) await quarantine(database, { key: file.key, since: now })
    } else if (noted + rules.quarantine <= now && (await remove(house, file, rules))) {
      report.removed.files += 1
      report.removed.bytes += file.size
    }
  }
  const stillLitter = new Set(litter.map(({ key }) => key))
  const others = (await listQuarantine(database)).filter((key) => !stillLitter.has(key))
  report.released = others.length
  if (rules.dryRun) return
  for (const some of chunksOf(others, CHUNK)) await release(database, some)
}

/** Asked once more, at the last moment, whether there is a row: a slow upload may have got its row meanwhile. */
async function remove(house: House, file: ListedFile, rules: Rules): Promise<boolean> {
  const [now] = await withRows(house, [file])
  if (now?.hasRow) return false
  if (rules.dryRun) return true
  const claimed = await transact(house.database, (transaction) => release(transaction, [file.key]))
  if (claimed === 1) await house.files.delete(file.key)
  return claimed === 1
}

function write({ switches, terminal }: CommandContext, report: SweepReport): void {
  if (switches.has('--json')) {
    terminal.write(`${JSON.stringify(report, null, 2)}\n`)
    return
  }
  const { dry_run, files, litter, quarantined, released, removed } = report
  const would = dry_run ? 'would be ' : ''
  terminal.write(`${litter.files} of ${files} files, ${inBytes(litter.bytes)}, belong to no row.\n`)
  terminal.write(`  ${quarantined} ${would}put into quarantine\n`)
  terminal.write(`  ${removed.files} ${would}removed, ${inBytes(removed.bytes)}\n`)
  if (released > 0) terminal.write(`  ${released} ${would}let go from quarantine\n`)
  if (dry_run) terminal.write('Nothing was changed: add --yes to do it.\n')
}
