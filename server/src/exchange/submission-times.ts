import type { Database } from '../db/database.ts'
import { freePosition, lastOf, type OfStudent } from '../db/positions.ts'
import { ExchangeError } from '../errors.ts'
import { formatTimestamp, parseTimestamp } from './timestamps.ts'

/** What is said of the time of a hand-in. All times: microseconds since 1970 UTC. */
export interface SaidTime {
  /** When the request began. */
  receivedAt: number
  /** The label that its client made, and the instant that it names; null where the server makes it. */
  stated: { label: string; at: number } | null
  /** Whether it counts from the stated instant, because somebody else hands it in. */
  countsFromStated: boolean
}

/** Clocks differ by so much. */
const FIVE_MINUTES = 5 * 60_000_000

/** Whether nothing can have been handed in then yet. */
export function isStillToCome(at: number, now: number): boolean {
  return at > now + FIVE_MINUTES
}

/** Reads the time that an instructor states. Throws `invalid` for what is no time, and for one that is still to come. */
export function parseStatedTime(label: string, now: number): number {
  const at = parseTimestamp(label)
  if (!isStillToCome(at, now)) return at
  throw new ExchangeError('timestamp_to_come', { timestamp: formatTimestamp(at), now: formatTimestamp(now) })
}

/**
 * The times of a new row. What is handed in now comes behind everything that the student has handed in before, whatever a clock
 * shows; what counts from a stated time gets its place there.
 */
export async function timesOf(transaction: Database, of: OfStudent, said: SaidTime) {
  const { receivedAt, stated } = said
  const last = await lastOf(transaction, of)
  const label = stated ?? labelAfter(last.statedAt, receivedAt)
  const effectiveAt = said.countsFromStated ? label.at : receivedAt
  const position = said.countsFromStated
    ? await freePosition(transaction, of, effectiveAt)
    : Math.max(effectiveAt, last.position + 1)
  return {
    timestamp: label.label,
    stated_at: label.at,
    received_at: receivedAt,
    effective_at: effectiveAt,
    position,
  }
}

/** When the request arrived, but always later than this student's last label for the assignment. */
function labelAfter(last: number, receivedAt: number) {
  const at = Math.max(receivedAt, last + 1)
  return { label: formatTimestamp(at), at }
}
