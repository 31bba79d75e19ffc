import { SETTINGS, type Setting } from '../config/schema.ts'
import { kindOf } from '../config/values.ts'
import type { Command, Switch } from './command.ts'

const WIDTH = 96

/** `nbexchange --help`: every command and every setting. */
export function overview(version: string, all: readonly Command[]): string {
  const longest = Math.max(...all.map(({ name }) => name.length))
  const commands = all.map(({ name, summary }) => `  ${name.padEnd(longest)}  ${summary}`)
  const intro = [
    `nbexchange ${version}: carries nbgrader assignments between instructors and students over HTTP`,
    '',
    'Usage: nbexchange COMMAND [FLAGS]',
    '',
    'Commands (nbexchange COMMAND --help tells their own flags):',
  ]
  return lines([...intro, ...commands, '', ...settingsHelp()])
}

/** The command as it is written: its name, its words, flags. */
export function usageOf(command: Command): string {
  return [command.name, ...(command.words ?? []), '[FLAGS]'].join(' ')
}

/** A flag as it is written. */
export function spelled({ flag, takes }: Switch): string {
  return takes ? `${flag}=${takes}` : flag
}

/** `nbexchange COMMAND --help`. */
export function helpFor(command: Command): string {
  const details = (command.details ?? []).flatMap((text) => ['', ...wrapped(text, '')])
  const usage = [`Usage: nbexchange ${usageOf(command)}`, '', command.summary, ...details]
  const longest = Math.max(0, ...command.switches.map((one) => spelled(one).length))
  const own = command.switches.map((one) => `  ${spelled(one).padEnd(longest)}  ${one.summary}`)
  const switches = own.length > 0 ? ['', 'Flags of this command:', ...own] : []
  return lines([...usage, ...switches, ...(command.settings === 'read' ? ['', ...settingsHelp()] : [])])
}

function settingsHelp(): string[] {
  const intro = [
    'Settings stand in the config file, in variables or in flags; flags win over variables, variables over',
    'the file. The file is nbexchange.config.ts, .js or .json in the working directory or in /etc/config,',
    'or what --config FILE or NBEX_CONFIG names. Lists: one,two. Objects: JSON. Flags to switch: --no-upgrade-db.',
  ]
  return [...intro, ...SETTINGS.flatMap(settingHelp)]
}

function settingHelp(setting: Setting): string[] {
  const facts = [
    setting.env,
    `${kindOf(setting.schema)}${setting.unit ? `, in ${setting.unit}` : ''}`,
    fallback(setting),
  ]
  const words = setting.description.replaceAll('`', '')
  return ['', `  ${setting.flag}`, ...wrapped(words), `      (${facts.join('; ')})`]
}

function fallback(setting: Setting): string {
  if (setting.missing) return 'required'
  const text = setting.defaultText?.replaceAll('`', '')
  if (text) return `default ${text}`
  return `default ${typeof setting.default === 'string' ? setting.default || 'empty' : JSON.stringify(setting.default)}`
}

function wrapped(text: string, indent = '      '): string[] {
  const rows: string[] = []
  for (const word of text.split(' ')) {
    const last = rows.at(-1)
    if (last !== undefined && last.length + word.length < WIDTH) rows[rows.length - 1] = `${last} ${word}`
    else rows.push(`${indent}${word}`)
  }
  return rows
}

function lines(rows: readonly string[]): string {
  return `${rows.join('\n')}\n`
}
