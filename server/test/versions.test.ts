import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { VERSION } from '../src/version.ts'

const REPOSITORY = new URL('../../', import.meta.url)

test('the workspace, the service and the plugin have one version', () => {
  const workspace = JSON.parse(read('package.json')) as { version: string }
  const plugin = /^__version__ = "(.+)"$/m.exec(read('plugin/src/nbexchange/plugin/version.py'))
  expect({ workspace: workspace.version, plugin: plugin?.[1] }).toEqual({
    workspace: VERSION,
    plugin: VERSION,
  })
})

test('everything runs on Node 24', () => {
  expect(process.versions.node).toMatch(/^24\./)
})

function read(path: string): string {
  return readFileSync(new URL(path, REPOSITORY), 'utf8')
}
