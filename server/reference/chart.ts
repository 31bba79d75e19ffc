import { readFile } from 'node:fs/promises'
import { parse, stringify } from 'yaml'
import { SETTINGS, type Setting } from '../src/config/schema.ts'
import { everyExample } from './examples.ts'

/** Of a setting, what a JSON Schema knows; the rest of our notes is for our own programs. */
const KEYWORDS = ['type', 'anyOf', 'const', 'items', 'properties', 'additionalProperties'].concat([
  'minimum',
  'maximum',
  'minItems',
  'minLength',
])

/** Values that are handed to Kubernetes as they are: it knows their shape. */
const OPEN = ['resources', 'annotations', 'affinity', 'nodeSelector', 'tls', 'files', 'labels']

/** `chart/values.schema.json`: `config` from the settings of the service, the rest from what values.yaml shows. */
export async function chartSchema(): Promise<string> {
  const values: Record<string, unknown> = parse(
    await readFile(new URL('../../chart/values.yaml', import.meta.url), 'utf8'),
  )
  const { config: _, ...others } = values
  const properties = Object.fromEntries(SETTINGS.map((setting) => [setting.key, settingSchema(setting)]))
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the nbexchange chart',
    type: 'object',
    additionalProperties: false,
    properties: {
      // Helm puts it there for charts that contain this one.
      global: { type: 'object' },
      config: { type: 'object', additionalProperties: false, properties },
      ...propertiesOf(others),
    },
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}

/** `chart/secret-settings.json`: which settings are secret, each with its variable. */
export function secretSettings(): string {
  const secret = SETTINGS.filter((setting) => setting.secret)
  return `${JSON.stringify(Object.fromEntries(secret.map(({ key, env }) => [key, env])), null, 2)}\n`
}

/** `chart/ci/every-setting-values.yaml`: every setting written into the values of the chart. */
export function everySettingValues(): string {
  const comment =
    '# Every setting with a value that is not its default. Made by `npm run reference`. Do not edit.'
  return `${comment}\n${stringify({ config: everyExample() })}`
}

function settingSchema({ schema, key, description }: Setting): unknown {
  const known = JSON.parse(JSON.stringify(schema), (name, value) =>
    typeof value === 'object' && 'description' in value && name === '' ? pick(value) : value,
  )
  // An empty one is refused by the templates, which say more than a schema can.
  if (key === 'userPlugin') delete known.minLength
  return { description, ...known }
}

function pick(schema: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => KEYWORDS.includes(name)))
}

function propertiesOf(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shapeOf(name, value)]))
}

function shapeOf(name: string, value: unknown): unknown {
  if (typeof value === 'boolean') return { type: 'boolean' }
  // Also percentages, where Kubernetes takes them.
  if (name === 'minAvailable') return { type: ['integer', 'string'] }
  if (typeof value === 'number') return { type: 'integer', minimum: 0 }
  if (Array.isArray(value)) return { type: 'array' }
  if (typeof value !== 'object' || value === null) return { type: 'string' }
  const isOpen = OPEN.some((open) => name.toLowerCase().endsWith(open.toLowerCase()))
  if (isOpen) return { type: 'object' }
  return {
    type: 'object',
    additionalProperties: false,
    properties: propertiesOf({ ...value }),
  }
}
