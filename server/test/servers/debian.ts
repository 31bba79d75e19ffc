import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A database server that runs for the tests alone. */
export interface TestServer {
  /** The URL of a database in which others can be made. */
  url: string
  /** Ends it and forgets its data. */
  stop(): Promise<void>
}

/** What a test reads past the service. */
export type Row = Record<string, unknown>

/** How one is run. */
interface Program {
  user: string
  folder: string
  command: readonly string[]
  url: string
  /** The signal that makes it let go of its clients. */
  stopSignal: NodeJS.Signals
  /** Throws as long as it does not answer. */
  ask(): Promise<unknown>
}

/** A server to which everything may happen. It keeps its data until `stop`. */
export class DebianServer implements TestServer {
  readonly url: string
  readonly #program: Program
  #child: ChildProcess | undefined

  constructor(program: Program) {
    this.#program = program
    this.url = program.url
  }

  async start(): Promise<void> {
    const { ask, command, user } = this.#program
    this.#child = spawnAs(user, command)
    await untilReady(ask)
  }

  /** As if the machine had crashed. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Every process of it stands still; connections stay open. */
  pause(): void {
    for (const pid of this.#pids()) process.kill(pid, 'SIGSTOP')
  }

  resume(): void {
    for (const pid of this.#pids()) process.kill(pid, 'SIGCONT')
  }

  async stop(): Promise<void> {
    await this.#end(this.#program.stopSignal)
    rmSync(this.#program.folder, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    for (const pid of signal === 'SIGKILL' ? this.#pids() : [child.pid]) process.kill(pid, signal)
    await gone
  }

  /** PostgreSQL has a process for each connection, in a session of its own. */
  #pids(): number[] {
    const pid = this.#child?.pid
    if (pid === undefined) return []
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return [pid, ...children.split(' ').filter(Boolean).map(Number)]
  }
}

/** Runs a program to its end, as the user that owns such servers when we are root: neither runs as root. */
export function runAs(user: string, command: readonly string[]): void {
  const [program = '', ...args] = asUser(user, command)
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function spawnAs(user: string, command: readonly string[]): ChildProcess {
  const [program = '', ...args] = asUser(user, command)
  return spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], detached: true })
}

function asUser(user: string, command: readonly string[]): readonly string[] {
  return process.getuid?.() === 0
    ? ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', ...command]
    : command
}

/** A new folder that belongs to `user`. */
export function folderOf(user: string): string {
  const folder = mkdtempSync(join(tmpdir(), `nbexchange-${user}-`))
  if (process.getuid?.() === 0) execFileSync('chown', [user, folder])
  return folder
}

/** Paths of PEM files that belong to the user of a server. */
export interface Certificates {
  /** For the name `localhost` and no address. */
  certificate: string
  key: string
  /** For another name, by the same authority. */
  otherCertificate: string
  otherKey: string
  /** Of who has signed it. */
  authority: string
  /** Of somebody else. */
  otherAuthority: string
}

/** Made anew, and good for a day. */
export function certificatesFor(user: string): Certificates {
  const folder = folderOf(user)
  const at = (name: string) => join(folder, `${name}.pem`)
  const make = (name: string, ...more: string[]) => {
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-noenc',
      '-keyout',
      at(`${name}-key`),
    ]
    const names = ['-subj', `/CN=${name}`, '-out', at(name), '-days', '1']
    runAs(user, ['openssl', 'req', '-x509', ...key, ...names, ...more])
  }
  make('authority')
  make('other')
  const signed = ['-CA', at('authority'), '-CAkey', at('authority-key')]
  for (const [name, host] of [
    ['server', 'localhost'],
    ['elsewhere', 'elsewhere.example'],
  ] as const) {
    const of = ['-addext', `subjectAltName=DNS:${host}`, '-addext', 'basicConstraints=CA:FALSE']
    make(name, ...signed, ...of)
  }
  return {
    certificate: at('server'),
    key: at('server-key'),
    otherCertificate: at('elsewhere'),
    otherKey: at('elsewhere-key'),
    authority: at('authority'),
    otherAuthority: at('other'),
  }
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Asks until it answers, for at most a minute. */
export async function untilReady(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await ask()
      return
    } catch (error) {
      if (attempt === 600) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** The newest version of a Debian package that keeps its programs in `/usr/lib/NAME/VERSION/bin`. */
export function versionedProgram(name: string, program: string): string {
  const home = `/usr/lib/${name}`
  const versions = readdirSync(home).filter((version) => /^\d+$/.test(version))
  const newest = versions.map(Number).sort((a, b) => b - a)[0]
  if (newest === undefined) throw new Error(`${home} holds no version: apt-get install ${name}`)
  return join(home, String(newest), 'bin', program)
}
