import { dirname } from 'node:path'
import { fileOf, parseTrace, pathsOf, type SystemCall } from './trace.ts'

const WRITES = /^(write|writev|pwrite64|pwritev)$/
const SYNCS = /^(fsync|fdatasync)$/
const SENDS = /^(write|writev|sendto|sendmsg)$/
const SUCCESS = /"HTTP\/1\.1 20[01]/

/**
 * Reads a trace of a service that took files one after the other, from its first hand-in on, and names every answer of success that was
 * not preceded by, in this order: the bytes of a partial file, its fdatasync, its name, the fsync of the folder that has the name,
 * the rows in the log of the database, the sync of that log. Each step counts only when the one before it has returned.
 */
export function violationsIn(trace: string): { answers: number; violations: string[] } {
  const calls = parseTrace(trace).filter((call) => !(call.result < 0))
  const violations: string[] = []
  let answers = 0
  let from = 0
  calls.forEach((call, index) => {
    if (!SENDS.test(call.name) || !SUCCESS.test(call.text)) return
    answers += 1
    const missing = missingBefore(call, calls.slice(from, index))
    if (missing) violations.push(`answer ${answers} (line ${call.began + 1}): ${missing}`)
    from = index + 1
  })
  return { answers, violations }
}

/** The first step that is not where it belongs; undefined where all are. */
function missingBefore(answer: SystemCall, calls: readonly SystemCall[]): string | undefined {
  const named = calls.findLast((call) => isNaming(call))
  if (!named) return 'no file got its name'
  const [partial = '', target = ''] = pathsOf(named)
  const written = calls.findLast((call) => WRITES.test(call.name) && fileOf(call) === partial)
  if (!written) return `nothing was written to ${partial}`
  const synced = firstAfter(written, calls, isSyncOf(partial))
  if (!synced || !(synced.returned < named.began))
    return 'the bytes were not synced before the file got its name'
  const directory = firstAfter(named, calls, isSyncOf(dirname(target)))
  if (!directory) return 'the folder of the file was not synced after it'
  const rows = calls.filter((call) => WRITES.test(call.name) && fileOf(call).endsWith('-wal'))
  const [first, last] = [rows.find((call) => call.began > directory.returned), rows.at(-1)]
  if (!first || !last) return 'no row was written after the folder was synced'
  const early = rows.find((call) => call.began > named.began && call.began < directory.returned)
  if (early) return 'a row was written before the folder was synced'
  const log = firstAfter(last, calls, isSyncOf(fileOf(last)))
  if (!log || !(log.returned < answer.began)) return 'the rows were not synced before the answer'
  return undefined
}

function isNaming(call: SystemCall): boolean {
  return (
    /^(link|linkat|rename|renameat2?)$/.test(call.name) && pathsOf(call)[0]?.includes('/partial/') === true
  )
}

function isSyncOf(path: string) {
  return (call: SystemCall) => SYNCS.test(call.name) && fileOf(call) === path
}

function firstAfter(
  earlier: SystemCall,
  calls: readonly SystemCall[],
  wanted: (call: SystemCall) => boolean,
): SystemCall | undefined {
  return calls.find((call) => call.began > earlier.returned && wanted(call))
}
