import { type DestinationStream, type LogFn, type Logger, pino } from 'pino'
import type { ErrorReporter } from './sentry.ts'

export type Log = Logger

/** Paths of values that a log line must never hold, wherever they come from. */
const SECRETS = [
  'headers.authorization',
  'headers.cookie',
  'headers["x-exchange-user"]',
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["x-exchange-user"]',
]

export interface LogOptions {
  /** One of pino's names: `trace` … `fatal`, `silent`. */
  level: string
  /** IANA name of the zone in which times are written; default UTC. */
  timezone?: string
  /** Default: standard output. */
  stream?: DestinationStream
  /** Is given the `err` of every line of level `error` and above. */
  onError?: ErrorReporter
}

const ERROR_LEVEL = 50

/** JSON lines, each with its time as ISO 8601. */
export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    redact: { paths: SECRETS, censor: '[secret]' },
    timestamp: timeWriter(options.timezone ?? 'UTC'),
    ...(options.onError && { hooks: { logMethod: reporting(options.onError) } }),
  }
  return options.stream ? pino(settings, options.stream) : pino(settings)
}

function reporting(report: ErrorReporter) {
  return function logMethod(this: Logger, line: Parameters<LogFn>, write: LogFn, level: number): void {
    const first: unknown = line[0]
    if (level >= ERROR_LEVEL && typeof first === 'object' && first !== null && 'err' in first)
      report(first.err)
    write.apply(this, line)
  }
}

function timeWriter(timezone: string): () => string {
  if (timezone === 'UTC') return () => `,"time":"${new Date().toISOString()}"`
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  const zone = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' })
  return () => {
    const now = new Date()
    const offset = zone
      .formatToParts(now)
      .find((part) => part.type === 'timeZoneName')
      ?.value.slice(3)
    const milliseconds = String(now.getUTCMilliseconds()).padStart(3, '0')
    return `,"time":"${format.format(now).replace(' ', 'T')}.${milliseconds}${offset || 'Z'}"`
  }
}
