import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { cleanUpLater } from '../../torture/clean-up.ts'
import type { Running } from './running.ts'

/** Starts `raw-writer-child.ts`: `PUT` anything to its URL. */
export async function startRawWriter(folder: string): Promise<Running> {
  mkdirSync(folder, { recursive: true })
  const program = join(import.meta.dirname, 'raw-writer-child.ts')
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  cleanUpLater(() => child.kill('SIGKILL'))
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  if (child.pid === undefined) throw new Error('the raw writer did not start')
  return { url: `http://127.0.0.1:${port}/`, pid: child.pid, stop: () => child.kill('SIGKILL') }
}
