import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cleanUp } from '../torture/clean-up.ts'
import { NotHere } from '../torture/programs.ts'
import { removeFolder, scratchFolder } from '../torture/scratch.ts'
import { keep, table } from './results.ts'
import { headersFrom } from './sign-in.ts'
import type { Bench, Outcome, Peer, Workload } from './workload.ts'
import { WORKLOADS } from './workloads/list.ts'

/**
 * `node bench/run.ts`, by the environment:
 *   ONLY=B1,B4    these workloads alone
 *   QUICK=1       small and one run; written to .build/bench instead of bench/
 *   TMPDIR        a folder on the disk that is to be measured
 *   PEER_URL      another exchange with the legacy wire format, with a slash at the end
 *   PEER_HEADERS  the headers that sign in there, as JSON; {name}, {role} and {course} are filled in
 *   REMARK        what else was running, written beside the figures
 */
const { ONLY, PEER_HEADERS, PEER_URL, QUICK, REMARK } = process.env
const quick = QUICK === '1'
const folder = quick ? join(import.meta.dirname, '../.build/bench') : import.meta.dirname
const rounds = quick ? { warmups: 0, runs: 1 } : { warmups: 1, runs: 5 }

try {
  for (const workload of chosen()) await measure(workload)
} finally {
  cleanUp()
}
process.exit(process.exitCode ?? 0)

function chosen(): readonly Workload[] {
  if (!ONLY) return WORKLOADS
  return ONLY.split(',').map((id) => {
    const workload = WORKLOADS.find((one) => one.id === id)
    if (!workload) throw new Error(`no workload ${id}: there are ${WORKLOADS.map((one) => one.id).join(' ')}`)
    return workload
  })
}

async function measure(workload: Workload): Promise<void> {
  say(`${workload.id}: ${workload.title}`)
  const scratch = scratchFolder()
  mkdirSync(folder, { recursive: true })
  const bench: Bench = { quick, rounds, folder: scratch, peer: peer(), say }
  try {
    const outcome = await workload.run(bench)
    for (const one of outcome.tables) say(`\n${table(one)}`)
    const how = `${quick ? 'QUICK, ' : ''}${runsOf(outcome)} interleaved runs${REMARK ? `; ${REMARK}` : ''}`
    keep(folder, workload, { ...outcome, how })
  } catch (error) {
    if (!(error instanceof NotHere)) throw error
    say(`LEFT OUT: ${error.message}`)
  } finally {
    removeFolder(scratch)
  }
}

/** How often the contestants ran; what takes minutes runs less often. */
function runsOf({ tables }: Outcome): string {
  const columns = tables.flatMap(({ rows }) => rows.flatMap(({ figures }) => Object.values(figures)))
  return [...new Set(columns.map(({ length }) => length))].join(' or ')
}

function peer(): Peer | null {
  if (!PEER_URL) return null
  return { url: PEER_URL, headers: headersFrom(PEER_HEADERS ?? '{}') }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
