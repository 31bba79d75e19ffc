import type { UserPlugin } from '../auth/user-plugin.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Leftover } from './answer-first.ts'
import type { FormSettings } from './multipart.ts'
import type { Patience } from './patience.ts'

/** What one readiness check found. */
export interface ReadyReport {
  ready: boolean
  /** `ok`, or what is wrong, by the name of the thing. */
  checks: Record<string, string>
  /** Free space of the storage in bytes; null where unknown. */
  freeBytes: number | null
  /** What the last `nbexchange verify` found; null where none has run. */
  lastVerify: LastVerify | null
}

export interface LastVerify {
  /** Microseconds since 1970 UTC. */
  at: number
  clean: boolean
  /** How many files were damaged. */
  damaged: number
}

export interface AddressSettings {
  /** Path with a slash at both ends. */
  baseUrl: string
  /** Where people find us: a whole URL with a slash at the end; undefined where nobody has said it. */
  publicUrl?: string | undefined
}

/**
 * The settings that this room reads, with the names and values of the configuration; `service.ts` hands over all of
 * them at once. Each is stated in the file that reads it.
 */
export interface HttpSettings extends AddressSettings, FormSettings {}

/** What every server is handed, with or without routes. */
export interface GuardOptions {
  log: Log
  metrics: Metrics
  settings: HttpSettings
  /** Absent: `PATIENCE`. */
  patience?: Patience
  /** Absent: `LEFTOVER`. */
  leftover?: Leftover
}

/** What the HTTP room is handed. */
export interface HttpOptions extends GuardOptions {
  exchange: Exchange
  userPlugin: UserPlugin
  version: string
  health: { ready(): Promise<ReadyReport> }
}
