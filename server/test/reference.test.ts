import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { chartSchema } from '../reference/chart.ts'
import { databaseReference } from '../reference/database.ts'
import { openapiReference } from '../reference/openapi.ts'
import { loadConfig } from '../src/config/load.ts'
import { SETTINGS } from '../src/config/schema.ts'
import { VERSION } from '../src/version.ts'

const doc = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

describe('generated documentation is what `npm run reference` would write', () => {
  test('docs/database.md', async () => {
    expect(await doc('database.md')).toBe(await databaseReference())
  })

  test('docs/openapi.json', async () => {
    expect(await doc('openapi.json')).toBe(await openapiReference())
  })

  test('chart/values.schema.json', async () => {
    expect(await doc('../chart/values.schema.json')).toBe(await chartSchema())
  })
})

describe('the chart', () => {
  const file = (name: string) => readFile(new URL(`../../chart/${name}`, import.meta.url), 'utf8')

  test('has the version of the service', async () => {
    const { version, appVersion } = parse(await file('Chart.yaml'))
    expect([version, appVersion]).toEqual([VERSION, VERSION])
  })

  test('puts every secret setting into a Secret, under the name of its variable, and no other', async () => {
    const secret = SETTINGS.filter((setting) => setting.secret)
    const template = await file('templates/secret.yaml')
    expect([...template.matchAll(/NBEX_[A-Z0-9_]+/g)].map(([name]) => name).sort()).toEqual(
      secret.map((setting) => setting.env).sort(),
    )
    for (const name of ['templates/configmap.yaml', 'templates/_helpers.tpl']) {
      for (const { key } of secret) expect(await file(name)).toContain(`"${key}"`)
    }
  })

  test('shows every setting in the values with all switches on', async () => {
    const { config } = parse(await file('ci/all-on-values.yaml'))
    // What the chart gives: its own values, or a database and a folder.
    const given = ['host', 'port', 'baseStorageLocation', 'dbUrl', 'dbOptions']
    const shown = [...Object.keys(config), ...given].sort()
    expect(shown).toEqual(SETTINGS.map((setting) => setting.key).sort())
  })
})

describe('compose.yaml', () => {
  test('starts a service whose settings are accepted, on PostgreSQL and S3', async () => {
    const compose = parse(await readFile(new URL('../../compose.yaml', import.meta.url), 'utf8'))
    const written: Record<string, string> = compose.services.exchange.environment
    const env = Object.fromEntries(
      Object.entries(written).map(([name, value]) => [name, value.replace(/\$\{\w+:-([^}]+)\}/g, '$1')]),
    )
    const { config } = await loadConfig({ args: [], env, cwd: '/nowhere', systemFolder: '/nowhere' })
    expect(config.database).toMatchObject({ dialect: 'postgres', host: 'database', password: 'change-me' })
    expect(config.files).toMatchObject({ kind: 's3', bucket: 'exchange', endpoint: 'http://files:7070' })
    for (const name of ['database', 'files']) expect(compose.services).toHaveProperty(name)
  })
})
