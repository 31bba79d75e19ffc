import { dirname, isAbsolute, resolve } from 'node:path'
import type { StorageOptions } from '../storage/index.ts'
import { type DatabaseUrl, maskDatabaseUrl, parseDatabaseUrl } from './database-url.ts'
import { CONFIG_VARIABLE, type Environment, readEnvironment } from './environment.ts'
import { ConfigFileError, findConfigFile, readConfigFile } from './file.ts'
import { type OwnFlag, readFlags } from './flags.ts'
import { frozenCopy } from './frozen.ts'
import { SETTINGS, type SettingKey, type Settings } from './schema.ts'
import { DB_OPTIONS } from './settings/database.ts'
import { storageOptions } from './storage.ts'
import { complaintAbout, type Given, type Layer } from './values.ts'

/** All that the service may be told, checked, complete and deeply frozen. Its paths are absolute. */
export interface Config extends Readonly<Settings> {
  /** As written, without its password: for logs. */
  readonly dbUrl: string
  readonly database: DatabaseLocation
  readonly dbOptions: Readonly<Required<Settings['dbOptions']>>
  /** Which storage driver keeps the files, and its options. */
  readonly files: StorageOptions
  /** Where a relative `userPlugin` counts from: the folder of the config file that names it, else the working directory. */
  readonly baseDirectory: string
  /** What a JupyterHub has put into our environment (`JUPYTERHUB_...`); never shown. */
  readonly hubEnvironment: Readonly<Record<string, string | undefined>>
}

/** A database with all that is needed to reach it; times in milliseconds. */
export type DatabaseLocation =
  | Extract<DatabaseUrl, { dialect: 'sqlite' }>
  | (Exclude<DatabaseUrl, { dialect: 'sqlite' }> & {
      readonly poolSize: number
      readonly connectTimeout: number
      readonly statementTimeout: number
    })

/** Where each value came from: `default`, the path of the file, the name of the variable, or the flag. */
export type Sources = Readonly<Record<SettingKey, string>>

export interface Surroundings {
  args: readonly string[]
  /** Flags of the command that are no settings, such as `--yes`. */
  own?: readonly OwnFlag[]
  env: Environment
  cwd: string
  /** The folder that is looked into after the working directory: `/etc/config`. */
  systemFolder: string
}

/** Everything that is wrong with the configuration, one line per mistake: place, name, what to write. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

/** Reads file, environment and flags (later ones win). Throws one `ConfigError` with every mistake of all three. */
export async function loadConfig(from: Surroundings): Promise<{ config: Config; sources: Sources }> {
  const flags = readFlags(from.args, from.own)
  const environment = readEnvironment(from.env)
  const named = flags.configFile ?? (from.env[CONFIG_VARIABLE] || undefined)
  const layers = [await fileLayer(from, named), environment, flags]
  const given = layers.flatMap((layer) => layer.given)
  const wrong = given.flatMap((one) => {
    const complaint = complaintAbout(one)
    return complaint === undefined ? [] : [`${place(one)}: ${complaint}`]
  })
  const chosen = new Map(given.map((one) => [one.setting.key, one]))
  const settings = settled(chosen, from.cwd)
  const mistakes = [
    ...layers.flatMap((layer) => layer.mistakes),
    ...wrong,
    ...missing(chosen),
    ...disagreements(chosen, settings),
  ]
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  // Every value was checked against the schema, and `missing` saw to the required ones.
  const config = configFrom(settings as Settings, { ...from, plugin: chosen.get('userPlugin')?.source ?? '' })
  const origins = SETTINGS.map(({ key }) => [key, chosen.get(key)?.source ?? 'default'])
  return { config: frozenCopy(config), sources: Object.freeze(Object.fromEntries(origins) as Sources) }
}

async function fileLayer(from: Surroundings, named: string | undefined): Promise<Layer> {
  try {
    const file = named ? resolve(from.cwd, named) : await findConfigFile([from.cwd, from.systemFolder])
    return file ? await readConfigFile(file) : { given: [], mistakes: [] }
  } catch (error) {
    if (error instanceof ConfigFileError) return { given: [], mistakes: [error.message] }
    throw error
  }
}

function place({ setting, source }: Given): string {
  const saysItself = source === setting.env || source === setting.alsoEnv || source.startsWith('--')
  return saysItself ? source : `${source}: ${setting.key}`
}

function missing(chosen: ReadonlyMap<SettingKey, Given>): string[] {
  return SETTINGS.filter((setting) => setting.missing && !chosen.has(setting.key)).map(
    ({ key, env, flag, missing }) => `${key}: ${missing} (${key} in the config file, ${env} or ${flag})`,
  )
}

/** What is wrong only because of another setting. */
function disagreements(chosen: ReadonlyMap<SettingKey, Given>, settings: Readonly<Record<string, unknown>>) {
  return [...chosen.values()].flatMap((given) => {
    const complaint = given.setting.disagreement?.(settings)
    return complaint === undefined ? [] : [`${place(given)}: ${complaint}`]
  })
}

/** Every setting: defaults put in, paths made absolute, spellings made one. Values that were found wrong are still among them. */
function settled(chosen: ReadonlyMap<SettingKey, Given>, cwd: string): Record<string, unknown> {
  const settings: Record<string, unknown> = {}
  for (const setting of SETTINGS) {
    const { isPath, key, normalise = (text: string) => text } = setting
    const value = chosen.has(key) ? chosen.get(key)?.value : setting.default
    const text = typeof value === 'string' ? normalise(value) : undefined
    settings[key] = text === undefined ? value : isPath ? resolve(cwd, text) : text
  }
  for (const { defaultFrom, key } of SETTINGS) {
    if (!chosen.has(key) && defaultFrom) settings[key] = defaultFrom(settings)
  }
  return settings
}

function configFrom(settings: Settings, { cwd, env, plugin }: Surroundings & { plugin: string }): Config {
  const parsed = parseDatabaseUrl(settings.dbUrl, cwd)
  if ('complaint' in parsed) throw new ConfigError([`dbUrl: ${parsed.complaint}`])
  const dbOptions = { ...DB_OPTIONS, ...settings.dbOptions }
  return {
    ...settings,
    dbUrl: maskDatabaseUrl(settings.dbUrl),
    database: locate(parsed.url, dbOptions),
    dbOptions,
    files: storageOptions(settings),
    baseDirectory: isAbsolute(plugin) ? dirname(plugin) : cwd,
    hubEnvironment: Object.fromEntries(
      Object.entries(env).filter(([name]) => name.startsWith('JUPYTERHUB_')),
    ),
  }
}

function locate(url: DatabaseUrl, options: Config['dbOptions']): DatabaseLocation {
  if (url.dialect === 'sqlite') return url
  const { connectTimeout, poolSize, statementTimeout } = options
  return { ...url, poolSize, connectTimeout, statementTimeout }
}
