import { type Static, type TSchema, Type } from 'typebox'
import { address } from './settings/address.ts'
import { database } from './settings/database.ts'
import { limits } from './settings/limits.ts'
import { log } from './settings/log.ts'
import type { Notes } from './settings/notes.ts'
import { signIn } from './settings/sign-in.ts'
import { storage } from './settings/storage.ts'

/** Every setting, once; the order is that of help and documentation. */
export const ConfigSchema = Type.Object(
  { ...signIn, ...address, ...storage, ...database, ...limits, ...log },
  { additionalProperties: false },
)

export type Settings = Static<typeof ConfigSchema>
export type SettingKey = keyof Settings

export interface Setting extends Notes {
  key: SettingKey
  /** The title under which it is shown. */
  group: string
  /** `NBEX_` and the key in capitals. */
  env: string
  /** `--` and the key in kebab-case. */
  flag: string
  /** The shape of the value. */
  schema: TSchema
  default?: unknown
}

export const SETTINGS: readonly Setting[] = Object.entries(ConfigSchema.properties).map(([key, schema]) => {
  // The types of TypeBox forget keywords that JSON Schema does not know; `notes` and `group` put these there.
  const known = schema as unknown as Notes & { group: string; default?: unknown }
  return { ...known, key: key as SettingKey, schema, ...namesOf(key) }
})

/** The setting with this key, if there is one. */
export function settingNamed(key: string): Setting | undefined {
  return SETTINGS.find((setting) => setting.key === key)
}

function namesOf(key: string): { env: string; flag: string } {
  const words = key.split(/(?=[A-Z])/)
  return { env: `NBEX_${words.join('_').toUpperCase()}`, flag: `--${words.join('-').toLowerCase()}` }
}
