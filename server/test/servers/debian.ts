import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A database server that runs for the tests alone. */
export interface TestServer {
  /** The URL of a database in which others can be made. */
  url: string
  stop(): Promise<void>
}

/** Runs a program to its end, as the user that owns such servers when we are root: neither runs as root. */
export function runAs(user: string, command: readonly string[]): void {
  const [program = '', ...args] = asUser(user, command)
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

export function spawnAs(user: string, command: readonly string[]): ChildProcess {
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

/** Ends the process by the signal that makes it let go of its clients, and forgets its folder. */
export async function stopServer(child: ChildProcess, folder: string, signal: NodeJS.Signals): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  if (child.exitCode === null && child.pid !== undefined) {
    process.kill(-child.pid, signal)
    await gone
  }
  rmSync(folder, { recursive: true, force: true })
}

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
