import type { Config, Sources } from '../config/load.ts'

/** What `main` hands to the commands of this process: the only way in which they meet it. */
export interface Terminal {
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  /** The folder of a machine-wide config file. */
  systemFolder: string
  version: string
  /** Writes to standard output, as it is. */
  write(text: string): void
  /** Writes to standard error, as it is. */
  writeError(text: string): void
  /** Columns of the terminal that standard error goes to; null where it goes to a file or a pipe. */
  columns: number | null
  /** One line from standard input, or null where there is none. */
  ask(question: string): Promise<string | null>
  /** Resolves with the name of the first signal to stop. From the call on, a second signal ends the process at once. */
  untilStopped(): Promise<string>
}

export interface Switch {
  /** `--yes` */
  flag: string
  /** What follows it, in capitals (`DIR`); absent where nothing does. */
  takes?: string
  summary: string
}

export interface CommandContext {
  terminal: Terminal
  /** The switches of this command that were given. */
  switches: ReadonlySet<string>
  /** What was given to the flags of this command that take a value. */
  values: ReadonlyMap<string, string>
  /** The words behind the command's name. */
  words: readonly string[]
  /** Reads the configuration; throws `ConfigError` with every mistake in it. */
  loadConfig(): Promise<{ config: Config; sources: Sources }>
}

/** How a command ends: the whole list, and what `docs/command-line.md` says of each. */
export const EXIT_CODES = {
  0: 'done, or stopped by a signal',
  1: 'could not start, or failed; the reason is on standard error, one line each',
  2: 'no such command',
  3: 'done, and found something that a person must look at: it is listed in the report',
} as const

export type ExitCode = keyof typeof EXIT_CODES

export interface Command {
  name: string
  /** One line of `--help`. */
  summary: string
  switches: readonly Switch[]
  /** The words that must follow the name, in capitals (`DIR`). */
  words?: readonly string[]
  /** More than the summary: paragraphs of `--help` and of the reference. */
  details?: readonly string[]
  /** Whether it reads the configuration, and so takes the flags of settings. */
  settings: 'read' | 'unused'
  /** Throws to fail: the message goes to standard error and the process ends with 1. Answers another exit code than 0. */
  run(context: CommandContext): Promise<ExitCode | undefined> | Promise<void>
}
