import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { type Config, loadConfig } from '../src/config/load.ts'
import { createLog } from '../src/log.ts'
import { wireService } from '../src/service.ts'

/** The configuration with every default, but for a sign-in and what `env` says. Reads no file. */
export async function defaultConfig(env: Record<string, string> = {}): Promise<Config> {
  const places = { args: [], cwd: '/nowhere', systemFolder: '/nowhere' }
  return (await loadConfig({ ...places, env: { NBEX_USER_PLUGIN: 'demo', ...env } })).config
}

/** Hands over the service as it is wired, before it is ready or listens; its database is in memory. */
export async function withWiredService<T>(
  env: Record<string, string>,
  work: (server: FastifyInstance) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'nbexchange-wired-'))
  const config = await defaultConfig({
    NBEX_DB_URL: 'sqlite://',
    NBEX_BASE_STORAGE_LOCATION: folder,
    ...env,
  })
  const { close, server } = await wireService(config, createLog({ level: 'silent' }))
  try {
    return await work(server)
  } finally {
    await close()
    await rm(folder, { recursive: true })
  }
}
