import type { Json } from './transcript.ts'

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC$/
const PLACEHOLDER = /^<(path|userid|courseid|assignmentid):\d+>$/
const MOST_TRIES = 2000

type Value = string | number
interface Place {
  where: string
  ordered: readonly string[]
}

/**
 * Compares answers with recorded ones. A placeholder such as `<path:1>` stands for one value, the same in all answers
 * of a scenario, and no two placeholders of a kind for the same; `<timestamp>` stands for any time. Keys that the
 * record does not have are free, and so are the words of a `note`.
 */
export class Comparison {
  #bound = new Map<string, Value>()
  #triesLeft = MOST_TRIES

  /** Null where they agree, otherwise the first difference. Placeholders are bound only by answers that agree. */
  difference(want: Json, got: unknown, ordered: readonly string[] = []): string | null {
    this.#triesLeft = MOST_TRIES
    return this.#undoing(() => this.#value(want, got, { where: '', ordered }))
  }

  /** The value that a placeholder stands for; other text as it is. Throws where no answer has bound it. */
  resolve(text: string): string {
    if (!PLACEHOLDER.test(text)) return text
    const value = this.#bound.get(text)
    if (value === undefined) throw new Error(`The request needs ${text}, which no earlier answer gave.`)
    return String(value)
  }

  #undoing(compare: () => string | null): string | null {
    const before = new Map(this.#bound)
    const difference = compare()
    if (difference !== null) this.#bound = before
    return difference
  }

  #value(want: Json, got: unknown, place: Place): string | null {
    if (want === '<timestamp>') return differ(typeof got === 'string' && TIME.test(got), want, got, place)
    if (typeof want === 'string' && PLACEHOLDER.test(want)) return this.#placeholder(want, got, place)
    if (Array.isArray(want)) return this.#list(want, got, place)
    if (typeof want === 'object' && want !== null) return this.#object(want, got, place)
    return differ(want === got, want, got, place)
  }

  #placeholder(name: string, got: unknown, place: Place): string | null {
    const kind = name.slice(0, name.indexOf(':'))
    const fits = kind === '<path' ? typeof got === 'string' && got !== '' : Number.isInteger(got)
    if (!fits) return differ(false, name, got, place)
    const bound = this.#bound.get(name)
    if (bound !== undefined) return differ(bound === got, `${name}, which was ${bound},`, got, place)
    for (const [other, value] of this.#bound) {
      if (value === got && other.startsWith(kind)) return differ(false, `${name}, not ${other},`, got, place)
    }
    this.#bound.set(name, got as Value)
    return null
  }

  #object(want: { [key: string]: Json }, got: unknown, place: Place): string | null {
    if (!isObject(got)) return differ(false, 'an object', got, place)
    for (const [key, value] of Object.entries(want)) {
      const inside = { ...place, where: place.where === '' ? key : `${place.where}.${key}` }
      if (PLACEHOLDER.test(key)) {
        const found = Object.keys(got).some((other) => this.#pair(key, value, [other, got[other]], inside))
        if (!found) return differ(false, key, Object.keys(got), inside)
      } else if (key === 'note') {
        if (typeof got.note !== 'string' || got.note === '') return differ(false, 'words', got.note, inside)
      } else {
        const difference = this.#value(value, got[key], inside)
        if (difference !== null) return difference
      }
    }
    return null
  }

  /** Whether a key that is a number, with its value, is what a placeholder for a key stands for. */
  #pair(name: string, want: Json, [key, got]: [string, unknown], place: Place): boolean {
    const compare = () => this.#placeholder(name, Number(key), place) ?? this.#value(want, got, place)
    return this.#undoing(compare) === null
  }

  #list(want: Json[], got: unknown, place: Place): string | null {
    if (!Array.isArray(got) || got.length !== want.length) {
      return differ(false, `a list of ${want.length}`, got, place)
    }
    if (!place.ordered.includes(place.where.replaceAll(/\[\d+\]/g, '[]'))) {
      return this.#anyOrder(want, got, new Set(got.keys()), place)
    }
    for (const [index, item] of want.entries()) {
      const difference = this.#value(item, got[index], itemOf(place, index))
      if (difference !== null) return difference
    }
    return null
  }

  /** Pairs what is left of `want` with the `free` places of `got`, trying the same place first. */
  #anyOrder(want: Json[], got: unknown[], free: ReadonlySet<number>, place: Place): string | null {
    const index = got.length - free.size
    const item = want[index]
    if (item === undefined) return null
    let first: string | null = null
    for (const at of [...free].sort((a, b) => Number(b === index) - Number(a === index))) {
      if (--this.#triesLeft < 0) return `${place.where}: no pairing of the items found in ${MOST_TRIES} tries`
      const rest = new Set([...free].filter((other) => other !== at))
      const difference = this.#undoing(
        () => this.#value(item, got[at], itemOf(place, index)) ?? this.#anyOrder(want, got, rest, place),
      )
      if (difference === null) return null
      first ??= difference
    }
    return first
  }
}

function itemOf(place: Place, index: number): Place {
  return { ...place, where: `${place.where}[${index}]` }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function differ(agrees: boolean, want: unknown, got: unknown, place: Place): string | null {
  return agrees ? null : `${place.where}: expected ${String(want)}, got ${JSON.stringify(got)}`
}
