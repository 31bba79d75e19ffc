import { readdir, readFile } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { hint } from './nearest.ts'
import { SETTINGS, settingNamed } from './schema.ts'
import type { Layer } from './values.ts'

const NAMES = ['nbexchange.config.ts', 'nbexchange.config.js', 'nbexchange.config.json']
const OLD_NAME = 'nbexchange_config.py'

/** A place where the config file could not be found or read: one line. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError'
}

/** The first of our files in these folders, or null. Two in one folder, or only a Python config, throw `ConfigFileError`. */
export async function findConfigFile(folders: readonly string[]): Promise<string | null> {
  const listings = await Promise.all(
    folders.map(async (folder) => ({ folder, names: await namesIn(folder) })),
  )
  for (const { folder, names } of listings) {
    const [first, second] = NAMES.filter((name) => names.includes(name))
    if (second) throw new ConfigFileError(`${folder}: holds both ${first} and ${second}; keep one`)
    if (first) return join(folder, first)
  }
  const old = listings.find(({ names }) => names.includes(OLD_NAME))
  if (old) throw new ConfigFileError(pointerFrom(join(old.folder, OLD_NAME)))
  return null
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw new ConfigFileError(`${folder}: cannot be listed (${code})`, { cause: error })
  }
}

function pointerFrom(file: string): string {
  return `${file}: is a Python config of nbexchange 1.x; docs/moving-from-1.x.md shows how to write it as nbexchange.config.ts`
}

/** The settings of the file. Unknown keys are mistakes; a file that cannot be read throws `ConfigFileError`. */
export async function readConfigFile(file: string): Promise<Layer> {
  const content = await contentOf(file)
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigFileError(`${file}: must hold an object of settings${exportHint(file)}`)
  }
  const layer: Layer = { given: [], mistakes: [] }
  for (const [key, value] of Object.entries(content)) {
    const setting = settingNamed(key)
    if (!setting) layer.mistakes.push(`${file}: ${key}: no such setting${hintFor(key)}`)
    else if (value !== undefined) layer.given.push({ setting, value, source: file })
  }
  return layer
}

function hintFor(key: string): string {
  const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const renamed = SETTINGS.find((setting) => setting.was === key || setting.key === camel)
  if (renamed) return `; it is now ${renamed.key}`
  return hint(
    key,
    SETTINGS.map((setting) => setting.key),
  )
}

function exportHint(file: string): string {
  return file.endsWith('.json') ? '' : ': export const config = { ... }'
}

async function contentOf(file: string): Promise<unknown> {
  const kind = extname(file)
  if (kind === '.py') throw new ConfigFileError(pointerFrom(file))
  if (kind === '.json') return parseJson(file, await readText(file))
  if (kind !== '.ts' && kind !== '.js') throw new ConfigFileError(`${file}: must end in .ts, .js or .json`)
  // Read first: a missing file and a file whose own imports are missing fail alike when imported.
  await readText(file)
  return exportOf(await importModule(file))
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = codeOf(error)
    const why = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`
    throw new ConfigFileError(`${file}: ${why}`, { cause: error })
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // Node's own message quotes the text, which may hold a password: only the place is passed on.
    const place = /\(line \d+ column \d+\)/.exec(String(error))?.[0]
    throw new ConfigFileError(`${file}: is not valid JSON${place ? ` ${place}` : ''}`)
  }
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(resolve(file)).href)
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    const isSyntax = error instanceof SyntaxError
    const why = isSyntax ? line.replace(/(['"`]).*\1/g, '…') : line
    // A syntax error carries the source around it, which may hold a password: it goes no further than here.
    throw new ConfigFileError(`${file}: cannot be loaded: ${why}`, isSyntax ? {} : { cause: error })
  }
}

/** `export const config`, or the default export; CommonJS shows both below `default`. */
function exportOf(module: Record<string, unknown>): unknown {
  const fallback = module.default
  if (module.config !== undefined) return module.config
  if (typeof fallback === 'object' && fallback !== null && 'config' in fallback) return fallback.config
  return fallback
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : String(error)
}
