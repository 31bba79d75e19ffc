import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { databaseReference } from '../reference/database.ts'
import { openapiReference } from '../reference/openapi.ts'

const doc = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

describe('generated documentation is what `npm run reference` would write', () => {
  test('docs/database.md', async () => {
    expect(await doc('database.md')).toBe(await databaseReference())
  })

  test('docs/openapi.json', async () => {
    expect(await doc('openapi.json')).toBe(await openapiReference())
  })
})
