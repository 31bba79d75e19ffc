import { ExchangeError } from '../errors.ts'

/**
 * The one owner of times. Inside, a time is a number of microseconds since 1970 UTC (exact in a double until
 * 2255); outside, it is nbgrader's label `YYYY-MM-DD HH:MM:SS.ffffff UTC`, or RFC 3339.
 */

const EARLIEST = Date.UTC(2000, 0, 1) * 1000
const LATEST = Date.UTC(2100, 0, 1) * 1000

/** nbgrader's `%Y-%m-%d %H:%M:%S.%f %Z`, and ISO 8601 with an optional zone. */
const SHAPE =
  /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|[A-Za-z]{2,5}|[+-](?:0\d|1[0-4]):?[0-5]\d)?$/

/**
 * The instant that a label names. Without a zone, or with the name of one, it is UTC, as nbgrader itself reads
 * it; an offset counts. Finer digits than microseconds are cut. Throws `invalid` for anything that is no
 * calendar time between 2000 and 2100.
 */
export function parseTimestamp(label: string): number {
  const match = label.length <= 64 ? SHAPE.exec(label) : null
  if (!match) throw badTimestamp(label)
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone = 'Z'] = match
  const fields = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const milliseconds = Date.UTC(fields[0], fields[1] - 1, fields[2], fields[3], fields[4], fields[5])
  const back = new Date(milliseconds)
  const same = [
    back.getUTCFullYear(),
    back.getUTCMonth() + 1,
    back.getUTCDate(),
    back.getUTCHours(),
    back.getUTCMinutes(),
    back.getUTCSeconds(),
  ].every((value, index) => value === fields[index])
  const at = milliseconds * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6)) - offset(zone) * 60_000_000
  if (!same || at < EARLIEST || at >= LATEST) throw badTimestamp(label)
  return at
}

function offset(zone: string): number {
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(zone)
  if (!match) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -minutes : minutes
}

function badTimestamp(label: string): ExchangeError {
  return new ExchangeError('timestamp_malformed', { timestamp: label.slice(0, 60) })
}

const DAY = 86_400

/** Of the last label that was made: in a list, most are of the same day, and dates are what takes time to print. */
let printed = { day: 0, date: '1970-01-01' }

/** The canonical label of an instant: 27 characters, six digits, ` UTC`. */
export function formatTimestamp(at: number): string {
  const { date, clock } = parts(at)
  return `${date} ${clock} UTC`
}

/** The instant in RFC 3339: 27 characters, six digits, `Z`. */
export function formatInstant(at: number): string {
  const { date, clock } = parts(at)
  return `${date}T${clock}Z`
}

function parts(at: number): { date: string; clock: string } {
  const instant = Math.floor(at / 1_000_000)
  const day = Math.floor(instant / DAY)
  if (day !== printed.day) printed = { day, date: new Date(day * DAY * 1000).toISOString().slice(0, 10) }
  const second = instant - day * DAY
  const clock = [second / 3600, (second / 60) % 60, second % 60].map(twoDigits).join(':')
  const fraction = String(at - instant * 1_000_000).padStart(6, '0')
  return { date: printed.date, clock: `${clock}.${fraction}` }
}

function twoDigits(value: number): string {
  return value < 10 ? `0${Math.floor(value)}` : `${Math.floor(value)}`
}

/** A clock that is set back by more than this was wrong before, and is followed. */
const SET_BACK = 1_000_000

/**
 * A wall clock in microseconds that never shows the same time twice within one process, unless it was set back by more than a
 * second. `milliseconds`: since 1970 UTC.
 */
export function wallClock(milliseconds: () => number = Date.now): () => number {
  let last = 0
  return () => {
    const now = milliseconds() * 1000
    last = now > last || now < last - SET_BACK ? now : last + 1
    return last
  }
}
