/** A copy in which no list or plain object can be changed. Other objects (a site may put a key or a function into its plugin's options) stay as they are. */
export function frozenCopy<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy)) as T
  if (!isPlain(value)) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, frozenCopy(inner)])
  return Object.freeze(Object.fromEntries(entries))
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
