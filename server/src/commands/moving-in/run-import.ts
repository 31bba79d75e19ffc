import { recordChore } from '../../db/chores.ts'
import { wallClock } from '../../exchange/timestamps.ts'
import type { CommandContext, ExitCode } from '../command.ts'
import { inHouse } from '../house.ts'
import { type Progress, progressOn } from '../progress.ts'
import { beforeTheRun, closedCourses, marksIn } from './before-the-run.ts'
import { withoutCourses } from './left-courses.ts'
import { preview } from './preview.ts'
import type { Holdings } from './records.ts'
import { reportOf, writeReport } from './report.ts'
import { takeActions } from './take-actions.ts'
import { takeFiles } from './take-files.ts'
import { takeNames } from './take-names.ts'
import { emptyTally, type Tally } from './target.ts'

/** Where the things come from, in words, and a way to read them; nothing is read before the configuration is right. */
export interface Source {
  name: string
  holdings: Holdings
}

/** What every import does: read, take over what is new, report. Exit code 3 where something was left. */
export async function runImport(
  context: CommandContext,
  read: () => Promise<Source>,
): Promise<ExitCode | undefined> {
  const { config } = await context.loadConfig()
  const { name, holdings: all } = await read()
  const isClosed = await beforeTheRun(config.database, closedCourses, () => false)
  const holdings = withoutCourses(
    all,
    isClosed,
    'it is closed here, and an import leaves a closed course as it is',
  )
  const progress = progressOn(context.terminal)
  const dryRun = context.switches.has('--dry-run')
  const tally = dryRun
    ? await preview(holdings, {
        marks: await beforeTheRun(config.database, marksIn, new Map()),
        now: wallClock()(),
        progress,
      })
    : await takeOver(context, { name, holdings, progress })
  progress.end()
  writeReport(context, reportOf({ source: name, dryRun, tally }))
  return tally.skipped.length > 0 ? 3 : undefined
}

function takeOver(
  context: CommandContext,
  { holdings, name, progress }: Source & { progress: Progress },
): Promise<Tally> {
  return inHouse(context, async ({ database, files, now }) => {
    const tally = emptyTally(holdings.skipped)
    const bytes = context.switches.has('--link') ? ('link' as const) : ('copy' as const)
    const target = { database, files, now, bytes, tally, progress }
    await takeNames(holdings, target)
    await takeFiles(holdings.files, target)
    await takeActions(holdings.actions, target)
    const report = reportOf({ source: name, dryRun: false, tally })
    await recordChore(database, { name: 'import', at: now(), clean: tally.skipped.length === 0, report })
    return tally
  })
}
