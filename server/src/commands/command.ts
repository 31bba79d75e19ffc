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
  /** One line from standard input, or null where there is none. */
  ask(question: string): Promise<string | null>
  /** Resolves with the name of the first signal to stop. From the call on, a second signal ends the process at once. */
  untilStopped(): Promise<string>
}

export interface Switch {
  /** `--yes` */
  flag: string
  summary: string
}

export interface CommandContext {
  terminal: Terminal
  /** The switches of this command that were given. */
  switches: ReadonlySet<string>
  /** Reads the configuration; throws `ConfigError` with every mistake in it. */
  loadConfig(): Promise<{ config: Config; sources: Sources }>
}

export interface Command {
  name: string
  /** One line of `--help`. */
  summary: string
  switches: readonly Switch[]
  /** Whether it reads the configuration, and so takes the flags of settings. */
  settings: 'read' | 'unused'
  /** Throws to fail: the message goes to standard error and the process ends with 1. */
  run(context: CommandContext): Promise<void>
}
