import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { settingsFor } from '../torture/service-child.ts'

const MAIN = join(import.meta.dirname, '../server/src/main.ts')
const TELL_PEAK = join(import.meta.dirname, 'tell-peak.ts')

export interface Ran<Report> {
  /** With the start of Node. */
  seconds: number
  /** Peak resident memory in MB. */
  peak: number
  report: Report
}

/** Runs a command of the command line on what lies in `directory`. Throws for any exit code but 0. */
export async function runCommand<Report>(directory: string, words: readonly string[]): Promise<Ran<Report>> {
  const began = performance.now()
  const args = ['--import', TELL_PEAK, MAIN, ...words, '--json']
  const options = { cwd: directory, env: settingsFor(directory), maxBuffer: 100_000_000 }
  const { stderr, stdout } = await promisify(execFile)(process.execPath, args, options)
  const seconds = (performance.now() - began) / 1000
  const peak = Number(/VmHWM:\s+(\d+) kB/.exec(stderr)?.[1]) / 1000
  return { seconds, peak, report: JSON.parse(stdout) as Report }
}
