import type { UserRequest } from './user-plugin.ts'

/** The token of `Authorization: Bearer ...` or, as JupyterHub spells it, `token ...`; undefined without one. */
export function bearerToken(request: UserRequest): string | undefined {
  const { authorization } = request.headers
  if (typeof authorization !== 'string') return undefined
  return /^(?:bearer|token) +([^\s,]+) *$/i.exec(authorization)?.[1]
}

/** The value of a cookie; undefined where there is none of that name, or more than one. */
export function cookie(request: UserRequest, name: string): string | undefined {
  const header = request.headers.cookie
  if (typeof header !== 'string') return undefined
  const values = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1).replace(/^"(.*)"$/, '$1'))
  return values.length === 1 && values[0] !== '' ? values[0] : undefined
}
