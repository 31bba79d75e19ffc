import type { CommandContext } from '../command.ts'
import { inBytes } from '../words.ts'
import { firstLine, KINDS, type Tally } from './target.ts'

export interface ImportReport {
  source: string
  dry_run: boolean
  /** By kind: what was (or would be) taken over now, and what earlier runs have. */
  taken: Tally['taken']
  already: Tally['already']
  files: { copied: number; copied_bytes: number; linked: number; linked_bytes: number }
  /** What stays in the source, each with the reason. */
  skipped: { what: string; reason: string; location?: string }[]
  /** What was (or would be) taken over and is worth a look, each with the reason. */
  noted: { what: string; reason: string }[]
}

export function reportOf(run: { source: string; dryRun: boolean; tally: Tally }): ImportReport {
  const { already, copied, copiedBytes, linked, linkedBytes, noted, skipped, taken } = run.tally
  return {
    source: run.source,
    dry_run: run.dryRun,
    taken,
    already,
    files: { copied, copied_bytes: copiedBytes, linked, linked_bytes: linkedBytes },
    skipped: skipped.map(({ location, origin, reason }) => ({
      what: firstLine(origin),
      reason,
      ...(location !== undefined && { location }),
    })),
    noted: noted.map(({ origin, reason }) => ({ what: firstLine(origin), reason })),
  }
}

export function writeReport({ switches, terminal }: CommandContext, report: ImportReport): void {
  if (switches.has('--json')) {
    terminal.write(`${JSON.stringify(report, null, 2)}\n`)
    return
  }
  const { already, dry_run, files, noted, skipped, taken } = report
  terminal.write(`${dry_run ? 'Would take over' : 'Took over'} from ${report.source}:\n`)
  for (const kind of KINDS) {
    const before = already[kind] > 0 ? `, and ${already[kind]} before` : ''
    terminal.write(`  ${kind.padEnd(12)}${String(taken[kind]).padStart(8)}${before}\n`)
  }
  if (files.copied > 0) terminal.write(`Copied ${files.copied} files, ${inBytes(files.copied_bytes)}.\n`)
  if (files.linked > 0) terminal.write(`Linked ${files.linked} files, ${inBytes(files.linked_bytes)}.\n`)
  if (noted.length > 0) terminal.write(`Worth a look (${noted.length}):\n`)
  for (const { reason, what } of noted) terminal.write(`  ${what}: ${reason}\n`)
  if (skipped.length === 0) {
    terminal.write('Nothing was left in the source.\n')
    return
  }
  terminal.write(`Left in the source, because it is broken there (${skipped.length}):\n`)
  for (const { location, reason, what } of skipped) {
    terminal.write(`  ${what}: ${reason}${location === undefined ? '' : ` (${location})`}\n`)
  }
}
