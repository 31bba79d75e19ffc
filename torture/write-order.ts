import { dirname } from 'node:path'
import { fileOf, parseTrace, pathOf, pathsOf, type SystemCall } from './trace.ts'

const WRITES = /^(write|writev|pwrite64|pwritev)$/
const SYNCS = /^(fsync|fdatasync)$/
const SENDS = /^(write|writev|sendto|sendmsg)$/
const SUCCESS = /"HTTP\/1\.1 20[01]/

/**
 * Reads a trace of a service that took files one after the other, from its first hand-in on, and names every answer of success that was
 * not preceded by, in this order: the bytes of a partial file, its fdatasync, its name, the fsync of the folder that has the name,
 * the rows in the log of the database, the sync of that log. Each step counts only when the one before it has returned. A folder
 * that was made on the way is synced into its parent before the rows.
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
  const rows = calls.filter((call) => isRowWritten(call))
  const [first, last] = [rows.find((call) => call.began > directory.returned), rows.at(-1)]
  if (!first || !last) return 'no row was written after the folder was synced'
  const early = rows.find((call) => call.began > named.began && call.began < directory.returned)
  if (early) return 'a row was written before the folder was synced'
  const folder = calls.find(
    (call) => isNewFolder(call) && !isSynced(dirname(pathOf(call)), call, calls, first),
  )
  if (folder) return `the new folder ${pathOf(folder)} was not synced into its parent before the rows`
  const log = firstAfter(last, calls, isSyncOf(fileOf(last)))
  if (!log || !(log.returned < answer.began)) return 'the rows were not synced before the answer'
  return undefined
}

/**
 * Reads a trace of an import that takes files over by link, and names every file whose row was written before its bytes, its name and
 * the folders that were made for it had been synced.
 */
export function violationsOfLinks(trace: string): { links: number; violations: string[] } {
  const calls = parseTrace(trace).filter((call) => !(call.result < 0))
  const links = calls.filter((call) => isLink(call) && !pathOf(call).includes('/partial/'))
  const rows = calls.filter((call) => isRowWritten(call))
  const violations = links.flatMap((link) => {
    const target = pathsOf(link)[1] ?? ''
    const row = rows.find((call) => call.began > link.began)
    if (!row) return [`no row was written after ${target}`]
    const missing = [target, dirname(target)].filter((path) => !isSynced(path, link, calls, row))
    return missing.map((path) => `${path} was not synced between its link and the rows`)
  })
  const folders = calls.filter((call) => isNewFolder(call) && call.began < (links.at(-1)?.began ?? 0))
  for (const made of folders) {
    const row = rows.find((call) => call.began > made.began)
    if (row && isSynced(dirname(pathOf(made)), made, calls, row)) continue
    violations.push(`the new folder ${pathOf(made)} was not synced into its parent before the rows`)
  }
  return { links: links.length, violations }
}

function isNewFolder(call: SystemCall): boolean {
  return /^mkdir(at)?$/.test(call.name)
}

function isLink(call: SystemCall): boolean {
  return /^link(at)?$/.test(call.name)
}

function isRowWritten(call: SystemCall): boolean {
  return WRITES.test(call.name) && fileOf(call).endsWith('-wal')
}

/** Whether a sync of the path began after one call had returned and returned before another began. */
function isSynced(
  path: string,
  after: SystemCall,
  calls: readonly SystemCall[],
  before: SystemCall,
): boolean {
  return calls.some(
    (call) => isSyncOf(path)(call) && call.began > after.returned && call.returned < before.began,
  )
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
