import { ExchangeError } from '../errors.ts'

/**
 * Names are data: they are stored as they came and compared byte for byte, and never become part of a path.
 * Only what no tool behind us could take is refused, and only where a thing is made.
 */

/** Control characters, line separators, bidirectional overrides and lone surrogates. */
const FORBIDDEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/u

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
  if (unique.length > 1000) {
    throw new ExchangeError('invalid', `${unique.length} notebooks are too many: at most 1000.`)
  }
  return unique.map(checkNotebook).sort()
}

/** A user's name: 1 to 200 characters without control characters. Slashes are allowed. */
export function checkUserName(name: string): string {
  return check('user', name, { longest: 200, slash: true })
}

/** Whether this text could be the name of anything here; a read with another one is malformed, not unknown. */
export function isReadableName(text: string): boolean {
  return text.length <= 400 && !FORBIDDEN.test(text)
}

function check(kind: string, name: string, rule: { longest: number; slash: boolean }): string {
  const wrong =
    name.length === 0
      ? 'is empty'
      : [...name].length > rule.longest
        ? `is longer than ${rule.longest} characters`
        : FORBIDDEN.test(name)
          ? 'contains a control character'
          : !rule.slash && /[/\\]/.test(name)
            ? 'contains a slash'
            : !rule.slash && (name === '.' || name === '..')
              ? 'is a folder of its own'
              : null
  if (wrong === null) return name
  throw new ExchangeError('invalid', `The ${kind} name ${shown(name)} ${wrong}.`)
}

/** The beginning of a text from outside, in quotes, fit for one line of a message: nothing in it acts on the line. */
export function shown(text: string): string {
  const unfit = new RegExp(FORBIDDEN, 'gu')
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(text.slice(0, 60)).replace(unfit, escaped)
}
