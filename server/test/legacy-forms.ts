import { type Answer, ask, refusalOf } from './bad-input.ts'
import { signInOf } from './role-matrix.ts'
import type { TestService } from './start.ts'

/** Forms as old clients send them, and as they should not be sent. */

const BOUNDARY = 'a-boundary'

export const part = (headers: string, content: string | Buffer) =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\n${headers}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ])
export const file = (field: string, content: string | Buffer = 'file', more = '; filename="a.gz"') =>
  part(`Content-Disposition: form-data; name="${field}"${more}`, content)
export const value = (name: string, content: string) =>
  part(`Content-Disposition: form-data; name="${name}"`, content)
export const form = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)])

/** The type of a form made here. */
export const FORM = `multipart/form-data; boundary=${BOUNDARY}`

/** Every call that takes a file, by the name of its field. */
export const CALLS = [
  { field: 'assignment', path: 'assignment?course_id=bio&assignment_id=ps1' },
  { field: 'assignment', path: 'submission?course_id=bio&assignment_id=ps1' },
  {
    field: 'feedback',
    path: 'feedback?course_id=bio&assignment_id=ps1&notebook=p1&student=sam&timestamp=2020-01-01+00:00:00.0+UTC&checksum=abc',
  },
]

export interface Sent {
  body: Buffer
  /** Instead of that of a form. */
  type?: string
  query?: string
}

/** One call as ina; answers the refusal, or `ok`. */
export async function post(
  service: TestService,
  path: string,
  { body, type = FORM, query = '' }: Sent,
): Promise<string> {
  const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
  const answer: Answer = await ask(service, {
    who: signInOf('ina'),
    method: 'POST',
    path: path + query,
    headers,
    body,
  })
  return answer.json.success === true ? 'ok' : refusalOf(answer)
}
