import { loadUserPlugin, type UserPluginSettings } from '../src/auth/index.ts'
import type { UserPlugin, UserRequest } from '../src/auth/user-plugin.ts'
import { createLog } from '../src/log.ts'
import { defaultConfig } from './wired.ts'

/** A sign-in, loaded as the service loads it. */
export async function loadSignIn(
  userPlugin: string,
  userPluginOptions: Record<string, unknown> = {},
  more: Partial<UserPluginSettings> = {},
): Promise<UserPlugin> {
  const settings = { ...(await defaultConfig()), userPlugin, userPluginOptions, ...more }
  return loadUserPlugin(settings, createLog({ level: 'silent' }))
}

/** A request with these headers. */
export function requestWith(headers: Record<string, string>, method = 'GET'): UserRequest {
  return { method, headers, url: '/', remoteAddress: '127.0.0.1' }
}
