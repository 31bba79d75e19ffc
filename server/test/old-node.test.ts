import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { VERSION } from '../src/version.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
/** The Node of the machine, which may be too old and real. */
const MACHINES = '/usr/bin/node'

let folder: string
let engines: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nbexchange-old-node-'))
  // As it is built: an old Node reads no TypeScript. There is nothing else in the folder that could be loaded.
  await writeFile(join(folder, 'package.json'), '{"type": "module"}')
  await writeFile(join(folder, 'main.js'), stripTypeScriptTypes(await readFile(MAIN, 'utf8')))
  const { engines: said } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  engines = said.node.replace('>=', '')
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs a program that takes this Node for another version. */
function runAs(version: string, program: string) {
  const lie = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`
  const args = ['--import', `data:text/javascript,${encodeURIComponent(lie)}`, program, '--version']
  return spawnSync(process.execPath, args, { encoding: 'utf8' })
}

function refusal(version: string): string {
  return `nbexchange needs Node ${engines} or later, and this is Node ${version}: install a newer one, and start nbexchange with that.\n`
}

test.each(['22.18.9', '20.19.2', '18.0.0', '9.11.2'])(
  'Node %s is told that it is too old, and nothing else is loaded',
  (version) => {
    const { status, stderr, stdout } = runAs(version, join(folder, 'main.js'))
    expect({ status, stderr, stdout }).toEqual({ status: 1, stderr: refusal(version), stdout: '' })
  },
)

test('a real Node that is too old, where the machine has one, is told so as well', () => {
  const { stdout: said } = existsSync(MACHINES)
    ? spawnSync(MACHINES, ['--version'], { encoding: 'utf8' })
    : { stdout: process.version }
  const version = said.trim().slice(1)
  const isOld = version.localeCompare(engines, 'en', { numeric: true }) < 0
  const { status, stderr } = isOld
    ? spawnSync(MACHINES, [join(folder, 'main.js')], { encoding: 'utf8' })
    : runAs('21.0.0', join(folder, 'main.js'))
  expect({ status, stderr }).toEqual({ status: 1, stderr: refusal(isOld ? version : '21.0.0') })
})

test('the oldest Node of engines, and a later one, run the program', () => {
  for (const version of [`${engines}.0`, '22.20.0', '23.0.0', '30.1.0']) {
    expect(runAs(version, MAIN)).toMatchObject({ status: 0, stdout: `${VERSION}\n` })
  }
})
