import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { constants as system, tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanUpLater } from './clean-up.ts'
import { needPrograms } from './programs.ts'

/** The calls that faults may hit, numbered as in faultfs.c. */
export const CALLS = { open: 1, write: 2, sync: 4, link: 8, unlink: 16, close: 32, mkdir: 64 } as const
export type Call = keyof typeof CALLS
export const ALL_CALLS = Object.keys(CALLS) as Call[]

export const CALLS_OPTION = { otherwise: 'all', help: `of ${ALL_CALLS.join(' ')}, with commas between` }

/** The calls that `--calls` names; throws where there is no such call. */
export function callsFrom(given: string): readonly Call[] {
  if (given === 'all') return ALL_CALLS
  return given.split(',').map((name) => {
    const call = ALL_CALLS.find((known) => known === name)
    if (!call) throw new Error(`no such call: ${name}`)
    return call
  })
}

export interface Fault {
  calls: readonly Call[]
  /** What the call fails with; `kill`: the call succeeds and is the last thing that the process does. */
  with: 'EIO' | 'ENOSPC' | 'kill'
  /** Which of these calls is hit, from 1. */
  nth: number
  /** Whether all later ones are hit too. */
  forever?: true
}

let library: string | undefined

/** The compiled shim, for LD_PRELOAD; built once per process, and removed when it ends. */
export function faultfsLibrary(): string {
  if (library) return library
  needPrograms({ gcc: 'build-essential' })
  const directory = mkdtempSync(join(tmpdir(), 'nbexchange-faultfs-'))
  cleanUpLater(() => rmSync(directory, { recursive: true, force: true }))
  library = join(directory, 'faultfs.so')
  const source = join(import.meta.dirname, 'faultfs.c')
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-Wall', '-o', library, source, '-ldl'], {
    stdio: 'inherit',
  })
  return library
}

/** Arms faults in a running process, through the file that both have mapped. */
export class Faults {
  readonly file: string
  readonly #descriptor: number

  /** A file that is there is not made anew: a process that has mapped it, this one perhaps, would die of that. */
  constructor(file: string) {
    this.file = file
    this.#descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT)
    this.#write([0, 0, 0, 0, 0])
  }

  arm(fault: Fault): void {
    const calls = fault.calls.reduce((sum, call) => sum + CALLS[call], 0)
    const error = fault.with === 'kill' ? -1 : system.errno[fault.with]
    this.#write([calls, error, fault.nth, 0, fault.forever ? 1 : 0])
  }

  /** Lets all calls through again; answers how many were hit since `arm`. */
  disarm(): number {
    const bytes = Buffer.alloc(20)
    readSync(this.#descriptor, bytes, 0, 20, 0)
    this.#write([0, 0, 0, 0, 0])
    return bytes.readInt32LE(12)
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #write(numbers: readonly number[]): void {
    const bytes = Buffer.alloc(20)
    numbers.forEach((number, index) => {
      bytes.writeInt32LE(number, index * 4)
    })
    writeSync(this.#descriptor, bytes, 0, 20, 0)
  }
}
