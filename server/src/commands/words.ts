import { ConfigError } from '../config/load.ts'

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** A number of bytes for people: `1.5 MB`. */
export function inBytes(bytes: number): string {
  const at = Math.min(bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3), UNITS.length - 1)
  const value = bytes / 1000 ** at
  return `${at === 0 ? value : value.toFixed(1)} ${UNITS[at]}`
}

const SPANS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, y: 365 * 86_400 }

/** Microseconds of `30m`, `24h`, `7d` or `2y`. Throws a `ConfigError` that names the flag. */
export function spanOf(flag: string, text: string): number {
  const match = /^(\d{1,6})([smhdy])$/.exec(text)
  if (match) return Number(match[1]) * (SPANS[match[2] ?? ''] ?? 0) * 1_000_000
  throw new ConfigError([`${flag}: must be a span of time such as 30m, 24h, 7d or 2y, not ${text}`])
}

/** A share between 0 and 1 of `1%` or `0.5%`. Throws a `ConfigError` that names the flag. */
export function shareOf(flag: string, text: string): number {
  const match = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)
  const share = Number(match?.[1] ?? 0) / 100
  if (share > 0 && share <= 1) return share
  throw new ConfigError([`${flag}: must be a share such as 1% or 50%, not ${text}`])
}

/** The number of an organisation. Throws a `ConfigError` that names the flag. */
export function organisationOf(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new ConfigError([`${flag}: must be the number of an organisation, not ${text}`])
}
