import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { chartSchema, everySettingValues, secretSettings } from '../reference/chart.ts'
import { databaseReference } from '../reference/database.ts'
import { errorsReference } from '../reference/errors.ts'
import { openapiReference } from '../reference/openapi.ts'
import { loadConfig } from '../src/config/load.ts'
import { VERSION } from '../src/version.ts'

const doc = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

describe('generated documentation is what `npm run reference` would write', () => {
  test('docs/database.md', async () => {
    expect(await doc('database.md')).toBe(await databaseReference())
  })

  test('docs/openapi.json', async () => {
    expect(await doc('openapi.json')).toBe(await openapiReference())
  })

  test('docs/errors.md', async () => {
    expect(await doc('errors.md')).toBe(errorsReference())
  })

  test('chart/values.schema.json', async () => {
    expect(await doc('../chart/values.schema.json')).toBe(await chartSchema())
  })

  test('chart/secret-settings.json', async () => {
    expect(await doc('../chart/secret-settings.json')).toBe(secretSettings())
  })

  test('chart/ci/every-setting-values.yaml', async () => {
    expect(await doc('../chart/ci/every-setting-values.yaml')).toBe(everySettingValues())
  })
})

describe('the chart', () => {
  const file = (name: string) => readFile(new URL(`../../chart/${name}`, import.meta.url), 'utf8')

  test('has the version of the service', async () => {
    const { version, appVersion } = parse(await file('Chart.yaml'))
    expect([version, appVersion]).toEqual([VERSION, VERSION])
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
