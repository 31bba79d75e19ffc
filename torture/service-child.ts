import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { compileCache } from '../server/test/compile-cache.ts'
import { cleanUpLater } from './clean-up.ts'

const ROOT = join(import.meta.dirname, '..')
/** The program, as it stands in this checkout. */
export const MAIN = join(ROOT, 'server/src/main.ts')
/** Where the first lines of the programs find Node. */
const PATH = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`
/** Generous: machines are busy. */
const START_LIMIT_MS = 180_000

export interface ChildOptions {
  /** Holds storage and database; made by the caller. */
  directory: string
  env?: Readonly<Record<string, string>>
  /** The checkout whose service it is; this one, unless told. */
  root?: string
  /** What of the checkout is run: the sources, unless told. */
  program?: string
  /** What the service is run by, such as strace with its flags. */
  wrapper?: readonly string[]
}

/** Where a service over `directory` keeps its things. */
export function placesIn(directory: string) {
  const storage = join(directory, 'storage')
  return { storage, partials: join(storage, 'partial'), database: join(directory, 'nbexchange.db') }
}

/** What a program of ours is told to work on these places. */
export function settingsFor(directory: string): Record<string, string> {
  const { storage, database } = placesIn(directory)
  return {
    PATH,
    ...compileCache,
    NBEX_USER_PLUGIN: 'proxy-header',
    NBEX_BASE_STORAGE_LOCATION: storage,
    NBEX_DB_URL: `sqlite:///${database}`,
  }
}

/** The real service, as its own process. */
export class ServiceChild {
  readonly url: string
  readonly pid: number
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>

  private constructor(child: ChildProcess, pid: number, url: string) {
    this.#child = child
    this.#gone =
      child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve()
    this.pid = pid
    this.url = url
  }

  /** Starts it on a free port; throws with its last words where it does not come up. */
  static async start(options: ChildOptions): Promise<ServiceChild> {
    const root = options.root ?? ROOT
    const main = join(root, options.program ?? 'server/src/main.ts')
    const [program = main, ...args] = [...(options.wrapper ?? []), main, 'serve']
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...settingsFor(options.directory), NBEX_PORT: '0', ...options.env },
    })
    const pid = child.pid
    if (pid === undefined) throw new Error(`${program} cannot be started`)
    cleanUpLater(() => child.kill('SIGKILL'))
    const timer = setTimeout(() => child.kill('SIGKILL'), START_LIMIT_MS)
    try {
      return new ServiceChild(child, pid, await urlFrom(child))
    } finally {
      clearTimeout(timer)
    }
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** kill -9; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  /** Resolves when it has ended by itself. */
  async untilGone(): Promise<void> {
    await this.#gone
  }

  /** Asks it to stop and waits. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#gone
  }

  /** Peak resident memory so far, in bytes. */
  peakMemory(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024
  }

  /** How many files it has open, not counting connections: those are kept alive. */
  openFiles(): number {
    const folder = `/proc/${this.pid}/fd`
    return readdirSync(folder).filter((fd) => !targetOf(join(folder, fd)).startsWith('socket:')).length
  }

  /** The number of open files once it has come down to `wanted`, or what it is after two seconds. */
  async openFilesBackTo(wanted: number): Promise<number> {
    for (let wait = 0; wait < 40 && this.openFiles() > wanted; wait++) await sleep(50)
    return this.openFiles()
  }
}

/** What a link in /proc points to; empty where it is gone meanwhile. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}

/** Reads the log to the line that names the URL, and keeps it flowing. */
async function urlFrom(child: ChildProcess): Promise<string> {
  const last: string[] = []
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (line) => {
        last.push(line)
        if (last.length > 20) last.shift()
        const url = /"url":"(http[^"]+)"/.exec(line)?.[1]
        if (url) resolve(url)
      })
    }
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      reject(new Error(`the service did not start (${code ?? signal}):\n${last.join('\n')}`))
    })
  })
}
