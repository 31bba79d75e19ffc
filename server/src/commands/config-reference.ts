import { SETTINGS, type Setting } from '../config/schema.ts'
import { kindOf } from '../config/values.ts'
import type { CommandContext } from './command.ts'

export async function printConfigReference({ terminal }: CommandContext): Promise<void> {
  terminal.write(configReference())
}

const INTRODUCTION = `# Configuration

<!-- Made by \`npm run reference\` from server/src/config/settings/. Do not edit. -->

Settings are read once, at the start, from three places. A later one wins over an earlier one:

1. **The config file**: \`nbexchange.config.ts\`, \`.js\` or \`.json\`, in the working directory or else in \`/etc/config/\`.
   \`--config FILE\` or \`NBEX_CONFIG\` names another one (\`--NbExchange.config_file=FILE\` still works).
2. **Variables** named \`NBEX_…\`. An empty variable counts as not set.
3. **Flags** of the command line.

In variables and flags a list is written \`one,two\` or as JSON, an object as JSON, a switch as \`true\` or \`false\`
(as a flag also \`--debug-db\` and \`--no-upgrade-db\`).

A name that is no setting is an error, in the file, in flags and in variables that begin with \`NBEX_\`. All mistakes are
reported at once, each with its place, and the exit code is 1. \`nbexchange check-config\` prints what is in force and
where each value came from, with secrets masked.

\`\`\`ts
// nbexchange.config.ts
export const config = {
  userPlugin: 'proxy-header',
  host: '0.0.0.0',
  baseStorageLocation: '/srv/nbexchange/storage',
  dbUrl: 'sqlite:////srv/nbexchange/nbexchange.db',
}
\`\`\`

A \`.js\` file is written the same way; a \`.json\` file holds the object alone.
`

const SECRETS = {
  all: 'never shown',
  password: 'its password is never shown',
  values: 'its values are never shown',
}

/** The whole of docs/configuration.md. */
export function configReference(): string {
  const groups = Map.groupBy(SETTINGS, (setting) => setting.group)
  const sections = [...groups].map(([title, settings]) => `\n## ${title}\n${settings.map(section).join('')}`)
  return `${INTRODUCTION}${sections.join('')}`
}

function section(setting: Setting): string {
  const { key, env, alsoEnv, flag, unit, description, example, secret, was } = setting
  const also = alsoEnv ? `, or else \`${alsoEnv}\`` : ''
  const rows = [
    `- type: ${kindOf(setting.schema)}${unit ? `, in ${unit}` : ''}`,
    `- default: ${fallback(setting)}`,
    ...(example === undefined ? [] : [`- for example: \`${JSON.stringify(example)}\``]),
    `- variable: \`${env}\`${also}`,
    `- flag: \`${flag}\``,
    ...(was ? [`- in nbexchange 1.x: \`${was}\``] : []),
    ...(secret ? [`- secret: ${SECRETS[secret]}`] : []),
  ]
  return `\n### ${key}\n\n${description}\n\n${rows.join('\n')}\n`
}

function fallback(setting: Setting): string {
  if (setting.missing) return 'none; it is required'
  return setting.defaultText ?? `\`${JSON.stringify(setting.default)}\``
}
