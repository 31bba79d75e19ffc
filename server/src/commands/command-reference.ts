import { type Command, type CommandContext, EXIT_CODES } from './command.ts'
import { spelled, usageOf } from './help.ts'

export async function printCommandReference(
  { terminal }: CommandContext,
  all: readonly Command[],
): Promise<void> {
  terminal.write(commandReference(all))
}

const INTRODUCTION = `# The command line

<!-- Made by \`npm run reference\` from server/src/commands/list.ts. Do not edit. -->

\`nbexchange COMMAND [FLAGS]\`; \`nbexchange COMMAND --help\` says the same on a terminal. Commands that read settings take every
flag of [configuration.md](configuration.md), and find the config file and the variables that \`serve\` finds: run them
where the service runs. Flags that take a value are written \`--flag=VALUE\` or \`--flag VALUE\`.

What a command tells goes to standard output, as lines or, with \`--json\`, as one JSON object. How far it is and what
went wrong goes to standard error: a bar on a terminal, a line now and then elsewhere.

## Exit codes

| code | meaning |
|---|---|
${Object.entries(EXIT_CODES)
  .map(([code, meaning]) => `| ${code} | ${meaning} |`)
  .join('\n')}
`

/** The whole of docs/command-line.md. */
export function commandReference(all: readonly Command[]): string {
  return `${INTRODUCTION}${all.map(section).join('')}`
}

function section(command: Command): string {
  const details = (command.details ?? []).map((text) => `\n${text}\n`).join('')
  const rows = command.switches.map((one) => `| \`${spelled(one)}\` | ${one.summary} |`)
  const flags = rows.length > 0 ? `\n| flag | |\n|---|---|\n${rows.join('\n')}\n` : ''
  const settings = command.settings === 'read' ? '' : '\nReads no settings.\n'
  return `\n## ${command.name}\n\n    nbexchange ${usageOf(command)}\n\n${command.summary}\n${details}${flags}${settings}`
}
