import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Something this machine cannot give; what needs it is left out, and says so. Never in CI. */
export class NotHere extends Error {}

/** Throws NotHere where a program is missing; each stands with the Debian package that has it (`scripts/debian-packages` installs them). */
export function needPrograms(wanted: Readonly<Record<string, string>>): void {
  const missing = Object.entries(wanted).filter(([program]) => !isInstalled(program))
  if (missing.length === 0) return
  const names = missing.map(([program, debian]) => `${program} (Debian: ${debian})`).join(', ')
  throw new NotHere(`missing: ${names}`)
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
