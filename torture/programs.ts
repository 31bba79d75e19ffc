import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Something this machine cannot give; what needs it is left out, and says so. Never in CI. */
export class NotHere extends Error {}

/**
 * Sees to it that these programs are there, each with the Debian package that has it: installs what is missing,
 * where we are root and there is apt-get. Throws NotHere otherwise.
 */
export function needPrograms(wanted: Readonly<Record<string, string>>): void {
  const missing = Object.entries(wanted).filter(([program]) => !isInstalled(program))
  if (missing.length === 0) return
  const names = missing.map(([program, debian]) => `${program} (Debian: ${debian})`).join(', ')
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) throw new NotHere(`missing: ${names}`)
  const packages = [...new Set(missing.map(([, debian]) => debian))]
  process.stderr.write(`installing ${packages.join(' ')}\n`)
  const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const
  execFileSync('apt-get', ['update', '-qq'], quiet)
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet)
}

/** Loop mounts are for root. */
export function needRoot(): void {
  if (process.getuid?.() !== 0) throw new NotHere('mounts need root')
}

/** Why a test that needs this is left out; false where it runs. In CI it always runs, and so fails. */
export function leftOut(need: () => void): string | false {
  if (process.env.CI) return false
  try {
    need()
    return false
  } catch (error) {
    if (!(error instanceof NotHere)) throw error
    process.stderr.write(`LEFT OUT: ${error.message}\n`)
    return error.message
  }
}

function isInstalled(program: string): boolean {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
