import type { FastifyRequest } from 'fastify'
import { ExchangeError } from '../errors.ts'
import { isReadableName } from '../exchange/names.ts'

/** The parameters that name something. Others are longer: a `path`, a `cursor`, whatever a sign-in reads. */
const NAMES: ReadonlySet<string> = new Set([
  ...['course_id', 'course_code', 'assignment_id', 'notebook', 'notebooks', 'student', 'user_id'],
  ...['timestamp', 'before', 'checksum', 'action'],
])

/** Names and values as they were sent, decoded once. */
export class Fields {
  readonly #values = new Map<string, string[]>()

  /** Throws `invalid` for a control character in the value, and for a name that could be none. */
  add(name: string, value: string): void {
    const isText = !/\p{Cc}/u.test(name) && !/\p{Cc}/u.test(value)
    if (!isText || (NAMES.has(name) && !isReadableName(value))) {
      throw new ExchangeError('parameter_unreadable', { parameter: name.slice(0, 60) })
    }
    const values = this.#values.get(name)
    if (values) values.push(value)
    else this.#values.set(name, [value])
  }

  /** The value of `name`; a blank one is a missing one. Throws `invalid` where it was given twice and differs. */
  first(name: string): string | undefined {
    const values = this.all(name)
    if (new Set(values).size > 1) {
      throw new ExchangeError('parameter_contradictory', { parameter: name.slice(0, 60) })
    }
    return values[0]
  }

  /** Every value of `name` that is not blank, in the order of arrival. */
  all(name: string): string[] {
    return (this.#values.get(name) ?? []).filter((value) => value.trim() !== '')
  }

  names(): string[] {
    return [...this.#values.keys()]
  }
}

/** The query of the request. Throws `invalid` for broken escapes, bytes that are not UTF-8, and control characters. */
export function queryOf(request: FastifyRequest): Fields {
  const url = request.raw.url ?? ''
  const start = url.indexOf('?')
  return readForm(start < 0 ? '' : url.slice(start + 1))
}

/** The pairs of a query or of an urlencoded form: `+` is a space, percent escapes are decoded once and strictly. */
export function readForm(text: string): Fields {
  const fields = new Fields()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    fields.add(name, equals < 0 ? '' : decode(pair.slice(equals + 1)))
  }
  return fields
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (error) {
    throw new ExchangeError('escapes_malformed', { text: text.slice(0, 60) }, { cause: error })
  }
}

/**
 * The parser that the framework calls, which must not throw: route schemas see what `queryOf` reads, a value that was
 * sent twice once, or nothing where that fails. Routes with a schema run `queryOf` first (`strictQuery` in guards), so nobody works with nothing.
 */
export function lenientQuery(text: string): Record<string, unknown> {
  const query: Record<string, unknown> = Object.create(null)
  try {
    const fields = readForm(text)
    for (const name of fields.names()) {
      const values = [...new Set(fields.all(name))]
      if (values.length > 0) query[name] = values.length === 1 ? values[0] : values
    }
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error
  }
  return query
}
