import { ExchangeError } from '../../errors.ts'
import type { Upload } from '../../exchange/upload.ts'

/** Where a parameter may stand: the query, or a form's fields. */
type Lookup = (name: string) => string | undefined

/** The parameters in the order asked for. Throws when one is missing or blank. */
export function required<N extends string>(lookup: Lookup, names: readonly N[]): Record<N, string> {
  const values = names.map((name) => [name, lookup(name)] as const)
  const missing = values.filter(([, value]) => value === undefined).map(([name]) => name)
  if (missing.length > 0) throw new ExchangeError('parameter_missing', { required: names, missing })
  return Object.fromEntries(values) as Record<N, string>
}

/** The upload; throws where the body carries no file. */
export function requireFile(upload: Upload | null): Upload {
  if (upload) return upload
  throw new ExchangeError('file_absent')
}
