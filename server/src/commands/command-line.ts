import { type Flags, type OwnFlag, readFlags } from '../config/flags.ts'
import { ConfigError, loadConfig } from '../config/load.ts'
import { hint } from '../config/nearest.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { helpFor, overview, usageOf } from './help.ts'
import { COMMANDS } from './list.ts'

const OK = 0
const FAILED = 1
const MISUSED = 2
const GENERAL: readonly OwnFlag[] = [{ flag: '--help' }, { flag: '--version' }]

/** Runs the command that the arguments name; answers the exit code. */
export async function runCommandLine(terminal: Terminal): Promise<ExitCode> {
  const { words } = readFlags(terminal.args, [...GENERAL, ...COMMANDS.flatMap(({ switches }) => switches)])
  const command = COMMANDS.find(({ name }) => name === words[0])
  const flags = readFlags(terminal.args, [...GENERAL, ...(command?.switches ?? [])])
  const asked = terminal.args.some((arg) => arg === '-h' || arg === '--help') || words[0] === 'help'
  if (asked) {
    const about = command ?? COMMANDS.find(({ name }) => words[0] === 'help' && name === words[1])
    terminal.write(about ? helpFor(about) : overview(terminal.version, COMMANDS))
    return OK
  }
  if (flags.switches.has('--version')) {
    terminal.write(`${terminal.version}\n`)
    return OK
  }
  if (!command) return misused(terminal, { word: words[0], mistakes: flags.mistakes })
  try {
    return (await start(command, { flags, terminal })) ?? OK
  } catch (error) {
    for (const line of linesOf(error)) terminal.writeError(`nbexchange: ${line}\n`)
    return FAILED
  }
}

function misused(
  terminal: Terminal,
  { word, mistakes }: { word: string | undefined; mistakes: readonly string[] },
): ExitCode {
  for (const mistake of mistakes) terminal.writeError(`nbexchange: ${mistake}\n`)
  const names = COMMANDS.map(({ name }) => name)
  const problem = word === undefined ? 'name a command' : `no such command: ${word}${hint(word, names)}`
  terminal.writeError(`nbexchange: ${problem}. Commands: ${names.join(', ')}; --help tells more.\n`)
  return MISUSED
}

async function start(
  command: Command,
  { flags, terminal }: { flags: Flags; terminal: Terminal },
): Promise<ExitCode | undefined> {
  const wanted = command.words ?? []
  const words = flags.words.slice(1)
  const extra = [
    ...words.slice(wanted.length).map((word) => `${word}: no argument of ${command.name}`),
    ...wanted.slice(words.length).map((word) => `${word} is missing: nbexchange ${usageOf(command)}`),
  ]
  const unused = command.settings === 'unused' ? flags.given.map(({ source }) => source) : []
  const useless = unused.map((source) => `${source}: no flag of ${command.name}`)
  const refused = command.settings === 'unused' ? [...flags.mistakes, ...extra, ...useless] : extra
  const { args, env, cwd, systemFolder } = terminal
  const load = () => loadConfig({ args, own: command.switches, env, cwd, systemFolder })
  if (refused.length > 0)
    throw new ConfigError([...refused, ...(command.settings === 'read' ? await mistakesOf(load) : [])])
  const { switches, values } = flags
  return (await command.run({ terminal, switches, values, words, loadConfig: load })) ?? undefined
}

/** What is wrong with the configuration beside an argument that is wrong already. */
async function mistakesOf(load: () => Promise<unknown>): Promise<readonly string[]> {
  try {
    await load()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
}

/** One line per mistake; any other error is one line with its causes, without what follows a line break. */
function linesOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.mistakes.map(oneLine)
  const messages: string[] = []
  for (let cause = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    const message = oneLine(cause instanceof Error ? cause.message : String(cause))
    if (!messages.some((said) => said.includes(message))) messages.push(message)
  }
  return [messages.join(': ')]
}

function oneLine(text: string): string {
  return text.split(/[\r\n]+/)[0] ?? ''
}
