import type { Multipart, MultipartFile } from '@fastify/multipart'
import { ExchangeError } from '../errors.ts'
import { brokenOff } from './body.ts'
import type { Fields } from './query.ts'

/** Bytes that boundaries, part headers, fields and stray files may add to the file in a form. */
export const ENVELOPE = 8 * 1024 * 1024
const MOST_NOTEBOOKS = 1000

/** The bytes of one file; throws where the parser has cut it. */
export async function* bytesOf(part: MultipartFile): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of part.file.iterator({ destroyOnReturn: false })) yield chunk as Buffer
  if (part.file.truncated) throw brokenOff()
}

/** Files in other fields are nobody's; they may be there, but not be large. */
export async function dropFile(part: MultipartFile): Promise<void> {
  let size = 0
  for await (const chunk of bytesOf(part)) {
    size += chunk.length
    if (size > ENVELOPE) throw tooManyFields()
  }
}

/** The next part of the form, null after the last one. */
export async function nextPart(parts: AsyncIterator<Multipart>): Promise<Multipart | null> {
  const { value, done } = await parts.next()
  return done ? null : value
}

/** After the file only the notebooks' names are read. */
export function addNotebook(fields: Fields, part: Exclude<Multipart, MultipartFile>): void {
  if (part.fieldname !== 'notebooks') return
  if (fields.all('notebooks').length >= MOST_NOTEBOOKS) throw tooManyFields()
  fields.add('notebooks', textOf(part))
}

/** The text of a field; throws `invalid` where it is too long or not UTF-8. */
export function textOf(part: Exclude<Multipart, MultipartFile>): string {
  const { value, fieldname } = part
  if (typeof value === 'string' && !part.valueTruncated && !value.includes('\ufffd')) return value
  throw new ExchangeError('form_field_unreadable', { field: String(fieldname) })
}

export function tooManyFields(): ExchangeError {
  return new ExchangeError('form_too_large')
}

export function secondFile(name: string): ExchangeError {
  return new ExchangeError('file_repeated', { field: name })
}

/** Whether the parser has found no end of the form, or nothing that is one. */
export function isNoForm(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Unexpected end of multipart')
}

/** Whatever the parser has to say about a form, the form is to blame. */
export function inOurWords(error: unknown): ExchangeError {
  if (error instanceof ExchangeError) return error
  const { code } = error as { code?: string }
  if (code?.endsWith('_LIMIT')) return tooManyFields()
  return brokenOff(error)
}
