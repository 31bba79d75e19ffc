import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { everyExample, exampleOf } from '../reference/examples.ts'
import { ConfigError, loadConfig } from '../src/config/load.ts'
import { masked } from '../src/config/mask.ts'
import { SETTINGS, type Setting } from '../src/config/schema.ts'

/** What holds for every setting, also for the one that you are about to add: nothing here names any of them but for its sake. */

let cwd: string

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'nbx-settings-'))
})

afterEach(() => rm(cwd, { recursive: true }))

const load = (args: string[], env: Record<string, string>) =>
  loadConfig({ args, env, cwd, systemFolder: cwd })

async function writeFileWith(settings: Record<string, unknown>): Promise<string> {
  const file = join(cwd, 'nbexchange.config.json')
  await writeFile(file, JSON.stringify(settings))
  return file
}

/** As in a variable. */
const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

function asFlag({ flag }: Setting, value: unknown): string {
  if (typeof value === 'boolean') return value ? flag : flag.replace('--', '--no-')
  return `${flag}=${asText(value)}`
}

/** What must be in force where the examples were written; an object has its defaults beside what was written. */
const EXAMPLES_IN_FORCE = Object.fromEntries(
  SETTINGS.map((setting) => {
    const example = exampleOf(setting)
    return [setting.key, setting.secret === 'password' ? masked(setting, example) : example]
  }),
)

describe('every setting, written with its example,', () => {
  test('arrives from the config file', async () => {
    const file = await writeFileWith(everyExample())
    const { config, sources } = await load([], {})
    expect(config).toMatchObject(EXAMPLES_IN_FORCE)
    expect(new Set(Object.values(sources))).toEqual(new Set([file]))
  })

  test('arrives from its variable', async () => {
    const env = Object.fromEntries(SETTINGS.map((setting) => [setting.env, asText(exampleOf(setting))]))
    const { config, sources } = await load([], env)
    expect(config).toMatchObject(EXAMPLES_IN_FORCE)
    expect(Object.values(sources)).toEqual(SETTINGS.map(({ env }) => env))
  })

  test('arrives from its flag', async () => {
    const args = SETTINGS.map((setting) => asFlag(setting, exampleOf(setting)))
    const { config, sources } = await load(args, {})
    expect(config).toMatchObject(EXAMPLES_IN_FORCE)
    expect(Object.keys(sources)).toEqual(SETTINGS.map(({ key }) => key))
    for (const { flag, key } of SETTINGS) expect([flag, flag.replace('--', '--no-')]).toContain(sources[key])
  })
})

test('variables and flags follow from the key', () => {
  const names = new Map(SETTINGS.map(({ env, flag, key }) => [key as string, [env, flag]]))
  expect(names.get('port')).toEqual(['NBEX_PORT', '--port'])
  expect(names.get('s3ForcePathStyle')).toEqual(['NBEX_S3_FORCE_PATH_STYLE', '--s3-force-path-style'])
})

describe.each(SETTINGS)('$key', (setting) => {
  const { default: usual, defaultFrom, defaultText, description, key, missing } = setting
  const example = exampleOf(setting)

  test('has words for people, and says what holds where nobody writes it', async () => {
    expect(description).toMatch(/\.$/)
    expect([usual, defaultText, missing].filter((one) => one !== undefined)).toHaveLength(1)
    if (defaultFrom) expect(defaultText).toBeDefined()
  })

  test('has the default that it says, and an example that is another one', async () => {
    const { config, sources } = await load([], { NBEX_USER_PLUGIN: 'demo' })
    expect(example).not.toEqual(config[key])
    if (missing) return
    expect(sources[key]).toBe('default')
    if (usual !== undefined && !setting.isPath) expect(config[key]).toEqual(usual)
    if (defaultFrom) expect(config[key]).toBeDefined()
  })

  test('of another type is a mistake that names it, and shows no secret', async () => {
    const wrong = typeof example === 'string' ? [{ secret: 'hush' }] : 'hush'
    const file = await writeFileWith({ ...everyExample(), [key]: wrong })
    const thrown: unknown = await load([], {}).catch((error: unknown) => error)
    const mistakes = thrown instanceof ConfigError ? thrown.mistakes : []
    expect(mistakes.join('\n')).toContain(`${file}: ${key}: must be `)
    if (setting.secret) expect(mistakes.join('\n')).not.toContain('hush')
  })
})
