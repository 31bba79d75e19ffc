import { SETTINGS, type Setting } from '../src/config/schema.ts'

interface Shape {
  type?: string
  minimum?: number
  anyOf?: readonly { const: unknown }[]
}

/** A value of the setting that is not its default: the example of its notes, or else one that follows from its type. */
export function exampleOf({ default: usual, example, key, schema }: Setting): unknown {
  const { anyOf, minimum = 0, type } = schema as Shape
  if (example !== undefined) return example
  if (anyOf) return anyOf.map((choice) => choice.const).find((choice) => choice !== usual)
  if (type === 'boolean') return usual !== true
  if (type === 'integer') return typeof usual === 'number' ? usual + 1 : minimum
  throw new Error(`${key} needs an example in its notes.`)
}

/** Every setting with its example. Together they are a configuration that the service takes. */
export function everyExample(): Record<string, unknown> {
  return Object.fromEntries(SETTINGS.map((setting) => [setting.key, exampleOf(setting)]))
}
