import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import type { Setting } from './schema.ts'

/** A setting that somebody wrote, not yet checked. */
export interface Given {
  setting: Setting
  value: unknown
  /** Where: the path of a file, the name of a variable, or a flag. */
  source: string
}

/** What one place (file, environment, command line) said, and what is wrong there, one line each. */
export interface Layer {
  given: Given[]
  mistakes: string[]
}

/** What the operator must write, in words: the type column of the documentation and the end of messages. */
export function kindOf(schema: TSchema): string {
  const { anyOf, type, minimum, maximum } = schema as Shape
  if (anyOf) return `one of ${anyOf.map((choice) => choice.const).join(', ')}`
  if (type === 'boolean') return 'true or false'
  if (type === 'array') return 'a list of texts'
  if (type === 'object') return 'an object'
  if (type !== 'integer') return 'a text'
  if (maximum !== undefined) return `a whole number from ${minimum} to ${maximum}`
  return minimum === undefined ? 'a whole number' : `a whole number of at least ${minimum}`
}

interface Shape {
  type?: string
  properties?: Readonly<Record<string, TSchema>>
  minimum?: number
  maximum?: number
  anyOf?: readonly { const?: unknown }[]
}

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  1: true,
  false: false,
  no: false,
  0: false,
}

/** The value that a variable or flag means. Text that does not fit comes back as it is, for `complaintAbout` to name. */
export function fromText(schema: TSchema, text: string): unknown {
  const { type } = schema as Shape
  if (type === 'boolean') return Object.hasOwn(WORDS, text.toLowerCase()) ? WORDS[text.toLowerCase()] : text
  if (type === 'integer') return /^-?[0-9]+$/.test(text.trim()) ? Number(text) : text
  if (type === 'object' || (type === 'array' && text.trimStart().startsWith('['))) return fromJson(text)
  if (type !== 'array') return text
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

/** What is wrong with the value, to be read after the name; undefined when it is right. Secrets are not repeated. */
export function complaintAbout({ setting, value }: Given): string | undefined {
  if (!Value.Check(setting.schema, value)) {
    return complaintInside(setting.schema, value) ?? `must be ${kindOf(setting.schema)}${not(setting, value)}`
  }
  const { check } = setting
  if (!check) return undefined
  const texts: unknown[] = Array.isArray(value) ? value : [value]
  const wrong = texts.find((text) => typeof text === 'string' && check(text) !== undefined)
  return typeof wrong === 'string' ? `${check(wrong)}${not(setting, wrong)}` : undefined
}

/** The first wrong key of an object whose keys are known. Its value is not repeated: somebody may have put a password there. */
function complaintInside(schema: TSchema, value: unknown): string | undefined {
  const { properties } = schema as Shape
  if (!properties || typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (!known) return `knows no ${key}: use ${Object.keys(properties).join(', ')}`
    if (!Value.Check(known, inner)) return `${key} must be ${kindOf(known)}`
  }
  return undefined
}

function not(setting: Setting, value: unknown): string {
  if (setting.secret || value === undefined || kindOf(setting.schema) === 'an object') return ''
  const text = JSON.stringify(value) ?? typeof value
  return `, not ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`
}
