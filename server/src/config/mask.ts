import { maskDatabaseUrl } from './database-url.ts'
import type { Setting } from './schema.ts'

const MASK = '***'

/** The value as it may be shown: what the schema calls secret is replaced, what is empty shows that it is empty. */
export function masked(setting: Setting, value: unknown): unknown {
  if (setting.secret === 'all') return value === '' ? '' : MASK
  if (setting.secret === 'password') return maskDatabaseUrl(String(value))
  if (setting.secret !== 'values' || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.keys(value).map((key) => [key, MASK]))
}
