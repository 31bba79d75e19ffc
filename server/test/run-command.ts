import type { Terminal } from '../src/commands/command.ts'
import { runCommandLine } from '../src/commands/command-line.ts'
import { VERSION } from '../src/version.ts'

export interface Ran {
  code: number
  stdout: string
  /** Without the lines that tell now and then how far a slow command is. */
  stderr: string
}

const PROGRESS = /^[a-z ]+: \d+(?: of \d+ \(\d+%\))?\n/gm

/** Runs a command line in this process, in the folder `cwd`, with these settings and on that terminal. */
export async function runCommand(
  args: readonly string[],
  surroundings: { cwd: string; env?: Record<string, string | undefined>; terminal?: Partial<Terminal> },
): Promise<Ran> {
  const { cwd, env = {}, terminal } = surroundings
  let stdout = ''
  let stderr = ''
  const code = await runCommandLine({
    args,
    env: { NBEX_USER_PLUGIN: 'proxy-header', ...env },
    cwd,
    systemFolder: cwd,
    version: VERSION,
    columns: null,
    write: (text) => {
      stdout += text
    },
    writeError: (text) => {
      stderr += text
    },
    ask: async () => null,
    untilStopped: () => new Promise(() => {}),
    ...terminal,
  })
  return { code, stdout, stderr: stderr.replaceAll(PROGRESS, '') }
}
