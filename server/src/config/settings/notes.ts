import type { TSchema } from 'typebox'

/** What each setting carries beside its shape. Help, documentation, the chart and messages are made from it. */
export interface Notes {
  /** For the operator: one or two sentences. */
  description: string
  /** A further variable that is read when `NBEX_...` is not set. */
  alsoEnv?: string
  unit?: string
  /** The name in nbexchange 1.x, where it is not just the key in snake_case. */
  was?: string
  /** Which part of the value is never shown: all of it, the password of a URL, or the values of an object. */
  secret?: 'all' | 'password' | 'values'
  /** A value that somebody may well write, other than the default. Documentation shows it, and tests write it in every place. */
  example?: unknown
  /** The default where it depends on the other settings; `defaultText` says it in words. */
  defaultFrom?: (settings: Readonly<Record<string, unknown>>) => unknown
  defaultText?: string
  /** Said when a setting without a default is missing. */
  missing?: string
  /** What is wrong with a text of the right type, said after the name; undefined when nothing is. Of a list, each item is asked. */
  check?: (text: string) => string | undefined
  /** What is wrong with the value only because of another setting, said after the name. Asked where somebody wrote the setting. */
  disagreement?: (settings: Readonly<Record<string, unknown>>) => string | undefined
  /** Makes several spellings one. Never throws: it is handed wrong values, too. */
  normalise?: (text: string) => string
  /** Whether it is a path: a relative one is made absolute. */
  isPath?: true
}

/** Checks the notes of one setting; TypeBox would take any keyword. */
export function notes<N extends Notes>(values: N): N {
  return values
}

/** Settings that help and documentation show together, under this title. */
export function group<P extends Record<string, TSchema>>(title: string, settings: P): P {
  for (const schema of Object.values(settings)) Object.assign(schema, { group: title })
  return settings
}
