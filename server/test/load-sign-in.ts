import { loadUserPlugin } from '../src/auth/index.ts'
import type { UserPlugin, UserRequest } from '../src/auth/user-plugin.ts'
import { createLog } from '../src/log.ts'

/** A sign-in that comes with the service, loaded as the service loads it. */
export function loadSignIn(
  name: string,
  options: Record<string, unknown>,
  hubEnvironment: Record<string, string> = {},
): Promise<UserPlugin> {
  return loadUserPlugin(name, {
    baseDirectory: '/',
    host: '127.0.0.1',
    trustedProxies: ['127.0.0.0/8'],
    options,
    hubEnvironment,
    log: createLog({ level: 'silent' }),
  })
}

/** A request with these headers. */
export function requestWith(headers: Record<string, string>, method = 'GET'): UserRequest {
  return { method, headers, url: '/', remoteAddress: '127.0.0.1' }
}
