import type { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Log } from '../log.ts'
import { DemoUserPlugin, demoOptions } from './demo.ts'
import { type HubEnvironment, JupyterHubUserPlugin, jupyterhubOptions } from './jupyterhub.ts'
import { jwtOptions } from './jwt-options.ts'
import { loadPluginClass } from './load-class.ts'
import { ProxyHeaderUserPlugin, proxyHeaderOptions } from './proxy-header.ts'
import { RemoteUserPlugin, remoteOptions } from './remote.ts'
import type { UserPlugin } from './user-plugin.ts'

/** The settings that sign-ins read, with the names and values of the configuration. */
export interface UserPluginSettings {
  /** A built-in, else a file (`./x.ts`, `/x.js`), else an npm package. */
  userPlugin: string
  /** Paths and package names are resolved from here: the directory of the config file. */
  baseDirectory: string
  /** The address on which the service is going to listen. */
  host: string
  trustedProxies: readonly string[]
  /** Handed to the class as they are. */
  userPluginOptions: Readonly<Record<string, unknown>>
  /** What a JupyterHub has put into our environment (`JUPYTERHUB_...`). */
  hubEnvironment: HubEnvironment
}

/** Every sign-in that comes with the service: the schema of its options and how it is made. */
const BUILT_IN = {
  jupyterhub: {
    options: jupyterhubOptions,
    create: (settings: UserPluginSettings) =>
      new JupyterHubUserPlugin(
        readOptions('jupyterhub', jupyterhubOptions, settings),
        settings.hubEnvironment,
      ),
  },
  jwt: {
    options: jwtOptions,
    async create(settings: UserPluginSettings) {
      const { JwtUserPlugin } = await import('./jwt.ts')
      return new JwtUserPlugin(readOptions('jwt', jwtOptions, settings))
    },
  },
  remote: {
    options: remoteOptions,
    create: (settings: UserPluginSettings) =>
      new RemoteUserPlugin(readOptions('remote', remoteOptions, settings)),
  },
  'proxy-header': {
    options: proxyHeaderOptions,
    create: (settings: UserPluginSettings) =>
      new ProxyHeaderUserPlugin(
        readOptions('proxy-header', proxyHeaderOptions, settings),
        settings.trustedProxies,
      ),
  },
  demo: {
    options: demoOptions,
    create: (settings: UserPluginSettings) =>
      new DemoUserPlugin(readOptions('demo', demoOptions, settings), settings.host),
  },
}

/** For the words of the configuration. */
export const builtInUserPlugins = Object.keys(BUILT_IN)

/**
 * The plugin that the settings name. Throws, with one line, when it does not load, holds no class, does not construct
 * or has no `getCurrentUser`: a service that cannot tell who is asking must not start.
 */
export async function loadUserPlugin(settings: UserPluginSettings, log: Log): Promise<UserPlugin> {
  const { userPlugin: name, userPluginOptions } = settings
  const builtIn = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name as keyof typeof BUILT_IN] : undefined
  if (builtIn) return builtIn.create(settings)
  const UserPluginClass = await loadPluginClass(name, settings.baseDirectory)
  const plugin = construct(name, UserPluginClass, { ...userPluginOptions })
  log.info({ userPlugin: name }, 'user plugin loaded')
  return plugin
}

function construct(
  name: string,
  PluginClass: new (options: Record<string, unknown>) => unknown,
  options: Record<string, unknown>,
): UserPlugin {
  let plugin: unknown
  try {
    plugin = new PluginClass(options)
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).split('\n', 1)[0]
    throw new Error(`The user plugin ${JSON.stringify(name)} does not start: ${reason}`, {
      cause: error,
    })
  }
  if (isUserPlugin(plugin)) return plugin
  throw new Error(`The user plugin ${JSON.stringify(name)} has no method getCurrentUser.`)
}

function isUserPlugin(value: unknown): value is UserPlugin {
  return typeof (value as { getCurrentUser?: unknown } | null)?.getCurrentUser === 'function'
}

function readOptions<T extends Type.TSchema>(
  name: string,
  schema: T,
  settings: UserPluginSettings,
): Type.Static<T> {
  const options: unknown = Value.Default(schema, structuredClone(settings.userPluginOptions))
  if (Value.Check(schema, options)) return options
  const first = Value.Errors(schema, options)[0]
  const where = `userPluginOptions${(first?.instancePath ?? '').replaceAll('/', '.')}`
  throw new Error(`${where} of the user plugin ${name}: ${first?.message ?? 'is wrong'}.`)
}
