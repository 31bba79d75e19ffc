import type { TSchema } from 'typebox'
import { ConfigSchema, type Notes, type SettingKey } from './schema.ts'

export interface Setting extends Notes {
  key: SettingKey
  /** The shape of the value, as in `ConfigSchema`. */
  schema: TSchema
  default?: unknown
}

/** The settings in the order of the schema, which is the order of help and documentation. */
export const SETTINGS: readonly Setting[] = Object.entries(ConfigSchema.properties).map(([key, schema]) => {
  // The types of TypeBox forget keywords that JSON Schema does not know; `notes` in the schema checked them.
  const known = schema as unknown as Notes & { default?: unknown }
  return { ...known, key: key as SettingKey, schema }
})

/** The setting with this key, if there is one. */
export function settingNamed(key: string): Setting | undefined {
  return SETTINGS.find((setting) => setting.key === key)
}
