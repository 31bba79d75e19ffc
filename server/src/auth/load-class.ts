import { readFile } from 'node:fs/promises'
import { createRequire, findPackageJSON } from 'node:module'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

export type PluginClass = new (options: Record<string, unknown>) => unknown

/**
 * The class in the file or npm package that `name` means, seen from `baseDirectory`: the default export, else the
 * export `UserPlugin`, else the only class that is exported. Throws, with one line, otherwise.
 */
export async function loadPluginClass(name: string, baseDirectory: string): Promise<PluginClass> {
  const shown = JSON.stringify(name)
  let exported: Record<string, unknown>
  try {
    const file = isFile(name) ? resolve(baseDirectory, name) : await packageEntry(name, baseDirectory)
    exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    throw new Error(`The user plugin ${shown} does not load: ${oneLine(error)}`, {
      cause: error,
    })
  }
  const found = classIn(exported) ?? classIn(exported.default)
  if (found) return found
  throw new Error(
    `The user plugin ${shown} exports no class: make it the default export or call it UserPlugin.`,
  )
}

function isFile(name: string): boolean {
  return name.startsWith('.') || isAbsolute(name) || /\.(ts|mts|js|mjs|cjs)$/.test(name)
}

function classIn(exported: unknown): PluginClass | undefined {
  if (typeof exported !== 'object' || exported === null) return undefined
  const names = exported as Record<string, unknown>
  if (isClass(names.default)) return names.default
  if (isClass(names.UserPlugin)) return names.UserPlugin
  const classes = Object.values(names).filter(isClass)
  return classes.length === 1 ? classes[0] : undefined
}

function isClass(value: unknown): value is PluginClass {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}

/** CommonJS resolution finds most packages; those that name an entry for `import` only are read by hand. */
async function packageEntry(name: string, baseDirectory: string): Promise<string> {
  const from = join(baseDirectory, 'config.js')
  try {
    return createRequire(from).resolve(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error
    const manifest = findPackageJSON(name, pathToFileURL(from))
    if (manifest === undefined) throw error
    const { exports } = JSON.parse(await readFile(manifest, 'utf8')) as { exports: unknown }
    const entry = importCondition((exports as Record<string, unknown>)['.'] ?? exports)
    if (entry === undefined) throw error
    return join(dirname(manifest), entry)
  }
}

function importCondition(target: unknown): string | undefined {
  if (typeof target === 'string') return target
  if (typeof target !== 'object' || target === null) return undefined
  for (const [condition, next] of Object.entries(target)) {
    if (!['node', 'import', 'default'].includes(condition)) continue
    const found = importCondition(next)
    if (found !== undefined) return found
  }
  return undefined
}

/** The first line that says something: what Node puts before it is a path or a piece of source. */
function oneLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 1)
    .join()
}
