import { createInterface } from 'node:readline'
import type { Terminal } from './commands/command.ts'
import { runCommandLine } from './commands/command-line.ts'
import { VERSION } from './version.ts'

/** With `main.ts`, the only file that touches the process: everything below is handed what it needs. */

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const
const EXIT_CODE_OF_SIGNAL = { SIGTERM: 143, SIGINT: 130 }
/** As of a program that SIGPIPE ends. */
const EXIT_CODE_OF_CLOSED_PIPE = 141

const terminal: Terminal = {
  args: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  systemFolder: '/etc/config',
  version: VERSION,
  write: (text) => {
    process.stdout.write(text)
  },
  writeError: (text) => {
    process.stderr.write(text)
  },
  columns: process.stderr.isTTY ? process.stderr.columns : null,
  ask,
  untilStopped,
}

// Who reads us may have seen enough: `nbexchange audit | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT_CODE_OF_CLOSED_PIPE)
})

process.exitCode = await runCommandLine(terminal)

async function ask(question: string): Promise<string | null> {
  process.stderr.write(question)
  const lines = createInterface({ input: process.stdin })
  try {
    for await (const line of lines) return line
    return null
  } finally {
    lines.close()
  }
}

function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    let stopping = false
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        if (stopping) process.exit(EXIT_CODE_OF_SIGNAL[signal])
        stopping = true
        resolve(signal)
      })
    }
  })
}
