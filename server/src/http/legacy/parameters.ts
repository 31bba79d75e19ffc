import { ExchangeError } from '../../errors.ts'
import type { Upload } from '../../exchange/upload.ts'
import { LegacyRefusal } from '../errors.ts'

/** Where a parameter may stand: the query, or a form's fields. */
type Lookup = (name: string) => string | undefined

/** The parameters in the order asked for. Throws the old refusal when one is missing or blank. */
export function required<N extends string>(lookup: Lookup, names: readonly N[]): Record<N, string> {
  const values = names.map((name) => [name, lookup(name)] as const)
  const missing = values.filter(([, value]) => value === undefined).map(([name]) => name)
  if (missing.length > 0) {
    throw new LegacyRefusal(
      'refused',
      `This call requires ${names.join(', ')}: ${missing.join(', ')} missing.`,
    )
  }
  return Object.fromEntries(values) as Record<N, string>
}

/** The upload, or the old answers for a body without a file and for an empty one. */
export function requireFile(upload: Upload | null): Upload {
  if (upload === null) throw new LegacyRefusal('no_file', 'No file was supplied.')
  async function* source(from: Upload) {
    let empty = true
    for await (const chunk of from.source) {
      if (chunk.length > 0) empty = false
      yield chunk
    }
    if (empty) throw new LegacyRefusal('refused', 'The file is empty; nothing was stored.')
  }
  return { ...upload, source: source(upload) }
}

/** Runs the checks of a route that answers 404, and not a refusal, for what does not exist. */
export async function notFoundAs404<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check()
  } catch (error) {
    if (!(error instanceof ExchangeError) || error.code !== 'not_found') throw error
    throw new LegacyRefusal('not_found', error.message)
  }
}
