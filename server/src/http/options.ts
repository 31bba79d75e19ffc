import type { UserPlugin } from '../auth/user-plugin.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'

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

/** What the HTTP room is handed. */
export interface HttpOptions {
  exchange: Exchange
  userPlugin: UserPlugin
  log: Log
  metrics: Metrics
  version: string
  /** Path with a slash at both ends. */
  baseUrl: string
  /** Bytes; the largest file. */
  maxBufferSize: number
  health: { ready(): Promise<ReadyReport> }
}
