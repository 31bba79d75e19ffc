import type { Person, TestService } from './start.ts'

/** What an old client does, call by call; names stand in the query, files in forms. */

type Names = Record<string, string>

async function answerOf(answer: Promise<Response>): Promise<Record<string, unknown>> {
  return (await (await answer).json()) as Record<string, unknown>
}

function query(path: string, names: Names): string {
  return `${path}?${new URLSearchParams(names)}`
}

/** A GET or DELETE that answers JSON. */
export function call(
  service: TestService,
  who: Person | null,
  [method, path, names = {}]: [method: string, path: string, names?: Names],
): Promise<Record<string, unknown>> {
  return answerOf(service.request(who, query(path, names), { method }))
}

/** A POST of one file, with notebooks where it is a release. */
export function post(
  service: TestService,
  who: Person,
  [path, names, content, ...notebooks]: [path: string, names: Names, content: string, ...notebooks: string[]],
): Promise<Record<string, unknown>> {
  const body = new FormData()
  for (const notebook of notebooks) body.append('notebooks', notebook)
  body.append(path === 'feedback' ? 'feedback' : 'assignment', new Blob([content]), 'a.gz')
  return answerOf(service.request(who, query(path, names), { method: 'POST', body }))
}
