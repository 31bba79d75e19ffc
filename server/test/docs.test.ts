import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { SETTINGS } from '../src/config/schema.ts'
import { STATUS } from '../src/http/errors.ts'
import { createMetrics } from '../src/metrics.ts'
import { mustBeDescribed } from './description.ts'
import { loadSignIn } from './load-sign-in.ts'

const REPOSITORY = resolve(import.meta.dirname, '../..')
const PAGES = ['*.md', 'docs/**/*.md', 'plugin/README.md']
  .flatMap((pattern) => globSync(pattern, { cwd: REPOSITORY }))
  .sort()

interface Versioned {
  version: string
}

const { paths } = JSON.parse(read('docs/openapi.json')) as { paths: Record<string, object> }
const ROUTES = Object.entries(paths).flatMap(([path, methods]) => {
  const pattern = new RegExp(`^${path.replace('/api/v1/', '').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`)
  return Object.keys(methods).map((method) => ({ method: method.toUpperCase(), pattern }))
})

const folder = mkdtempSync(join(tmpdir(), 'nbexchange-docs-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(PAGES)('%s', (page) => {
  const text = read(page)

  test('links lead somewhere', () => {
    for (const [, link = ''] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : relative(REPOSITORY, resolve(REPOSITORY, dirname(page), path))
      expect(existsSync(join(REPOSITORY, target)), `${page}: ${link}`).toBe(true)
      if (anchor !== undefined) expect(anchorsOf(read(target)), `${page}: ${link}`).toContain(anchor)
    }
  })

  test('commands of make and npm exist', () => {
    const targets = /^\.PHONY: (.+)$/m.exec(read('Makefile'))?.[1]?.split(' ') ?? []
    for (const [, name] of text.matchAll(/(?:^|`)make ([a-z]+)/gm)) expect(targets).toContain(name)
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    for (const [, name = ''] of text.matchAll(/npm run (?:-s )?([a-z-]+)/g)) {
      expect(scripts).toHaveProperty([name])
    }
  })

  test('variables are those of settings or of the plugin', () => {
    const known = SETTINGS.map((setting) => setting.env as string)
    for (const [name] of text.matchAll(/\bNBEX_[A-Z0-9_]+[A-Z]/g)) {
      expect([...known, 'NBEX_CONFIG', ...variablesOfThePlugin()]).toContain(name)
    }
  })
})

test('docs/operating.md names every metric, and no other', async () => {
  const metrics = await createMetrics().registry.getMetricsAsJSON()
  const ours = metrics.map(({ name }) => name).filter((name) => name.startsWith('nbexchange_'))
  const named = [...read('docs/operating.md').matchAll(/`(nbexchange_[a-z_]+)`/g)].map(([, name]) => name)
  expect(named.sort()).toEqual(ours.sort())
})

test('docs/moving-from-1.x.md says of every setting of nbexchange 1.x which one it is now, as the service does', () => {
  const rows = [...read('docs/moving-from-1.x.md').matchAll(/^\| (`[^|]+) \| ([^|]+) \|/gm)]
  const said = rows.flatMap(([, old = '', now = '']) => {
    const [before, after] = [namesIn(old), namesIn(now)]
    return before.map((name, at) => `${name} ${after[at]}`)
  })
  const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const known = SETTINGS.map(({ key, was = snake(key) }) => `${was} ${key}`)
  expect(known).toEqual(expect.arrayContaining(said))
  const renamed = SETTINGS.filter(({ was }) => was).map(({ key, was }) => `${was} ${key}`)
  expect(said).toEqual(expect.arrayContaining(renamed))
  expect(said.length).toBeGreaterThan(10)
})

test('docs/nbgrader.md names every setting of the plugin', () => {
  const page = read('docs/nbgrader.md')
  for (const name of traitsOfThePlugin()) expect(page).toMatch(new RegExp(`\`(?:c\\.\\w+\\.)?${name}\``))
})

test('every code of docs/api.md is one of the API, and none is missing', () => {
  const rows = [...read('docs/api.md').matchAll(/^\| `([a-z_]+)` \| (\d{3})/gm)]
  expect(Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))).toEqual(STATUS)
})

test('the examples of docs/api.md call routes, by methods that they have', () => {
  const examples = [...read('docs/api.md').matchAll(/^curl (.*)\$API\/([^\s"?]+)/gm)]
  expect(examples.length).toBeGreaterThan(3)
  for (const [line, options = '', path = ''] of examples) {
    const method = options.includes('--data') ? 'POST' : 'GET'
    expect(
      ROUTES.some((route) => route.method === method && route.pattern.test(path)),
      line,
    ).toBe(true)
  }
})

test('the receipt in docs/api.md is one', () => {
  const [, receipt = ''] = /```json\n(.*?)```/s.exec(read('docs/api.md')) ?? []
  mustBeDescribed({
    method: 'GET',
    path: 'api/v1/courses/demo101/assignments/ps1/submissions/one',
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.parse(receipt),
  })
})

test('the requests in docs/how-it-works.md are routes', () => {
  const requests = [...read('docs/how-it-works.md').matchAll(/`(GET|POST|PUT|DELETE) ([^`\s?]+)/g)]
  expect(requests.length).toBeGreaterThan(8)
  for (const [request, method, path = ''] of requests) {
    const full = path.replace('...', 'courses/:course/assignments/:assignment')
    expect(
      ROUTES.some((route) => route.method === method && route.pattern.test(full)),
      request,
    ).toBe(true)
  }
})

test('the version stands in every place that CONTRIBUTING.md names, and is the same', () => {
  const lock = JSON.parse(read('package-lock.json')) as Versioned & { packages: Record<string, Versioned> }
  const inLock = [lock, lock.packages[''], lock.packages.server].map((one) => one?.version)
  const places: Record<string, readonly (string | undefined)[]> = {
    'package.json': [versionIn('package.json')],
    'server/package.json': [versionIn('server/package.json')],
    'package-lock.json': inLock,
    'plugin/src/nbexchange/plugin/version.py': captured(
      'plugin/src/nbexchange/plugin/version.py',
      /= "(.+)"/g,
    ),
    Dockerfile: captured('Dockerfile', /^ARG VERSION=(.+)$/gm),
    'chart/Chart.yaml': captured('chart/Chart.yaml', /^(?:version|appVersion): (.+)$/gm),
  }
  const page = read('CONTRIBUTING.md')
  for (const [place, versions] of Object.entries(places)) {
    expect(page).toContain(`\`${place}\``)
    expect([...new Set(versions)], place).toEqual([versionIn('package.json')])
  }
})

test('the example of docs/user-plugins.md loads', async () => {
  const [, code = ''] = /```ts\n(.*?)```/s.exec(read('docs/user-plugins.md')) ?? []
  const [, config = ''] = /```json\n(.*?)```/s.exec(read('docs/user-plugins.md')) ?? []
  const { userPlugin, userPluginOptions } = JSON.parse(config) as {
    userPlugin: string
    userPluginOptions: Record<string, unknown>
  }
  writeFileSync(join(folder, userPlugin), code)
  const plugin = await loadSignIn(userPlugin, userPluginOptions, { baseDirectory: folder })
  expect(
    await plugin.getCurrentUser({ method: 'GET', headers: {}, url: '/', remoteAddress: '127.0.0.1' }),
  ).toBeNull()
})

function read(path: string): string {
  return readFileSync(join(REPOSITORY, path), 'utf8')
}

function versionIn(manifest: string): string {
  return (JSON.parse(read(manifest)) as Versioned).version
}

/** What the first group of `pattern` finds in the file. */
function captured(path: string, pattern: RegExp): string[] {
  return [...read(path).matchAll(pattern)].map(([, found = '']) => found)
}

/** The names in a cell of a table that are no variables. */
function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([A-Za-z0-9_]+)`/g)]
    .map(([, name = '']) => name)
    .filter((name) => name !== name.toUpperCase())
}

function withoutCode(text: string): string {
  return text.replaceAll(/```.*?```/gs, '').replaceAll(/`[^`\n]*`/g, '')
}

/** As the sites that show Markdown make them from headings. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function pluginSources(): string[] {
  return globSync('plugin/src/nbexchange/plugin/*.py', { cwd: REPOSITORY }).map(read)
}

function variablesOfThePlugin(): string[] {
  return pluginSources().flatMap((text) =>
    [...text.matchAll(/\bNBEX_[A-Z0-9_]+[A-Z]/g)].map(([name]) => name),
  )
}

function traitsOfThePlugin(): string[] {
  const traits = /^ {4}(\w+) = \w+\((?:[^()]|\([^()]*\))*\)\.tag\(\s*config=True/gm
  const names = pluginSources().flatMap((text) => [...text.matchAll(traits)].map(([, name = '']) => name))
  expect(names.length).toBeGreaterThan(8)
  return names
}
