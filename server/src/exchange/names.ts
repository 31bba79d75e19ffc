import { ExchangeError, UNPRINTABLE } from '../errors.ts'
import type { ParamTypes } from '../reasons.ts'

/**
 * Names are data: they are stored as they came and compared byte for byte, and never become part of a path.
 * Only what no tool behind us could take is refused, and only where a thing is made.
 */

const MOST_NOTEBOOKS = 1000

/** A course or assignment code: 1 to 200 characters, no control characters, no slash, not `.` or `..`. */
export function checkCode(kind: 'course' | 'assignment', code: string): string {
  return check(kind, code, { longest: 200, slash: false })
}

/** A notebook's name without extension: 1 to 128 characters, otherwise as a code. */
export function checkNotebook(name: string): string {
  return check('notebook', name, { longest: 128, slash: false })
}

/** At most 1 000 notebooks, each checked; doubles are dropped, the order is by name. */
export function checkNotebooks(names: readonly string[]): string[] {
  const unique = [...new Set(names)]
  if (unique.length > MOST_NOTEBOOKS) {
    throw new ExchangeError('notebooks_too_many', { count: unique.length, limit: MOST_NOTEBOOKS })
  }
  return unique.map(checkNotebook).sort()
}

/** A user's name: 1 to 200 characters without control characters. Slashes are allowed. */
export function checkUserName(name: string): string {
  return check('user', name, { longest: 200, slash: true })
}

/** Whether this text could be the name of anything here; a read with another one is malformed, not unknown. */
export function isReadableName(text: string): boolean {
  return text.length <= 400 && !UNPRINTABLE.test(text)
}

function check(kind: ParamTypes['kind'], name: string, rule: { longest: number; slash: boolean }): string {
  if (name.length === 0) throw new ExchangeError('name_empty', { kind })
  const named = { kind, name: name.slice(0, 60) }
  if ([...name].length > rule.longest) {
    throw new ExchangeError('name_too_long', { ...named, limit: rule.longest })
  }
  if (UNPRINTABLE.test(name)) throw new ExchangeError('name_unreadable', named)
  if (rule.slash) return name
  if (/[/\\]/.test(name)) throw new ExchangeError('name_with_slash', named)
  if (name === '.' || name === '..') throw new ExchangeError('name_of_folder', named)
  return name
}
