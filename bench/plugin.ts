import { execFile } from 'node:child_process'
import { accessSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NotHere } from '../torture/programs.ts'
import { COURSE, INSTRUCTOR, proxyHeader } from './faces.ts'

const PYTHON = join(import.meta.dirname, '../.venv/bin/python')
const CHILD = join(import.meta.dirname, 'plugin_child.py')

export interface PluginCall {
  /** The last is how the plugin of nbexchange 1.x collected. */
  call: 'collect' | 'release-feedback' | 'collect-one-at-a-time'
  /** Without a path. */
  service: string
  assignment: string
  /** Of the course: `submitted` and `feedback` are below it. */
  folder: string
}

/** Throws NotHere where `make install` has not been run. */
export function needPlugin(): void {
  try {
    accessSync(PYTHON)
  } catch {
    throw new NotHere('the Python environment is missing: make install')
  }
}

/** What the instructor does with the real plugin, in a process of its own. Answers seconds, without the start of Python. */
export async function callPlugin({ call, ...told }: PluginCall): Promise<number> {
  const given = { ...told, course: COURSE, headers: proxyHeader(INSTRUCTOR) }
  const { stdout } = await promisify(execFile)(PYTHON, [CHILD, call, JSON.stringify(given)], {
    cwd: told.folder,
    maxBuffer: 100_000_000,
  })
  return (JSON.parse(stdout) as { seconds: number }).seconds
}
