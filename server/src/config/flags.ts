import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { hint } from './nearest.ts'
import { SETTINGS } from './schema.ts'
import { fromText, type Layer } from './values.ts'

/** As the old service spelled `--config`. */
const OLD_PREFIX = '--NbExchange.'
const OLD_CONFIG_FLAG = `${OLD_PREFIX}config_file`

export interface Flags extends Layer {
  /** The file that `--config` names, as written. */
  configFile: string | undefined
  /** The switches of the command that were given, such as `--yes`. */
  switches: ReadonlySet<string>
  /** What was given to the command's own flags that take a value, such as `--subset`; the last one counts. */
  values: ReadonlyMap<string, string>
  /** Words that belong to no flag; the first names the command. */
  words: readonly string[]
}

interface Token {
  name: string
  rawName: string
  value: string | undefined
  inlineValue: boolean | undefined
}

/** A flag of one command; `--yes`, or `--subset` where `takes` says what follows it. */
export interface OwnFlag {
  flag: string
  takes?: string | undefined
}

/** Reads the command line. `own` are the flags that are known beside the settings. */
export function readFlags(args: readonly string[], own: readonly OwnFlag[] = []): Flags {
  const flags = { given: [], mistakes: [], configFile: undefined, words: [] }
  const reading: Reading = { ...flags, switches: new Set(), values: new Map(), known: own }
  const { tokens } = parseArgs({
    args: [...args],
    options: optionsFor(own),
    strict: false,
    tokens: true,
    allowPositionals: true,
    allowNegative: true,
  })
  let isLostValue = false
  for (const token of tokens) {
    // The word after a misspelled flag was its value, maybe a password: it is not a word to be repeated.
    if (token.kind === 'positional' && !isLostValue) reading.words.push(token.value)
    const before = reading.mistakes.length
    if (token.kind === 'option') readFlag(reading, token)
    isLostValue = reading.mistakes.length > before && !('value' in token && token.value)
  }
  return reading
}

interface Reading extends Flags {
  words: string[]
  switches: Set<string>
  values: Map<string, string>
  known: readonly OwnFlag[]
}

function optionsFor(own: readonly OwnFlag[]): ParseArgsOptionsConfig {
  const options: ParseArgsOptionsConfig = {
    config: { type: 'string' },
    [OLD_CONFIG_FLAG.slice(2)]: { type: 'string' },
  }
  for (const { flag, takes } of own) options[flag.slice(2)] = { type: takes ? 'string' : 'boolean' }
  for (const { flag, schema } of SETTINGS)
    options[flag.slice(2)] = { type: isBoolean(schema) ? 'boolean' : 'string' }
  return options
}

function isBoolean(schema: object): boolean {
  return 'type' in schema && schema.type === 'boolean'
}

function readFlag(reading: Reading, token: Token): void {
  const { rawName, value } = token
  const own = reading.known.find(({ flag }) => flag === rawName)
  if (own && !own.takes && value === undefined) {
    reading.switches.add(rawName)
    return
  }
  const setting = SETTINGS.find((one) => one.flag === `--${token.name}`)
  const negated = rawName.startsWith('--no-')
  if (setting && isBoolean(setting.schema)) {
    const text = value ?? String(!negated)
    reading.given.push({ setting, source: rawName, value: fromText(setting.schema, text) })
    return
  }
  const isConfig = rawName === '--config' || rawName === OLD_CONFIG_FLAG
  if (!isConfig && !own?.takes && (!setting || negated)) {
    reading.mistakes.push(unknownFlag(rawName, reading.known))
    return
  }
  // Without `=`, what looks like the next flag is the next flag, not a value that somebody forgot.
  if (value === undefined || value === '' || (!token.inlineValue && value.startsWith('--'))) {
    reading.mistakes.push(`${rawName}: needs a value: ${rawName}=VALUE`)
    return
  }
  if (own) reading.values.set(rawName, value)
  else if (setting) reading.given.push({ setting, source: rawName, value: fromText(setting.schema, value) })
  else reading.configFile = value
}

function unknownFlag(rawName: string, own: readonly OwnFlag[]): string {
  const known = [...SETTINGS.map((setting) => setting.flag), '--config', ...own.map(({ flag }) => flag)]
  const plain = rawName.startsWith(OLD_PREFIX) ? `--${rawName.slice(OLD_PREFIX.length)}` : rawName
  const renamed = SETTINGS.find((setting) => setting.was && plain === `--${setting.was}`)
  return `${rawName}: no such flag${renamed ? `; it is now ${renamed.flag}` : hint(plain, known)}`
}
