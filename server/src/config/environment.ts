import { hint } from './nearest.ts'
import { SETTINGS } from './schema.ts'
import { fromText, type Given, type Layer } from './values.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Names the config file. */
export const CONFIG_VARIABLE = 'NBEX_CONFIG'

/** Variables with our prefix that the Python plugin reads; a notebook server may well set them for both. */
const OF_THE_PLUGIN = ['NBEX_SERVICE_URL']

/** The settings that stand in variables. An empty variable counts as not set; an unknown `NBEX_` name is a mistake. */
export function readEnvironment(env: Environment): Layer {
  const given = SETTINGS.flatMap((setting): Given[] => {
    const source = [setting.env, setting.alsoEnv].find((name) => name && env[name])
    const text = source && env[source]
    return text ? [{ setting, source, value: fromText(setting.schema, text) }] : []
  })
  const known = [...SETTINGS.map((setting) => setting.env), CONFIG_VARIABLE, ...OF_THE_PLUGIN]
  const unknown = Object.keys(env).filter((name) => name.startsWith('NBEX_') && !known.includes(name))
  return { given, mistakes: unknown.map((name) => `${name}: no such setting${hint(name, known)}`) }
}
