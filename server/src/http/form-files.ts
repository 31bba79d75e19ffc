import type { FastifyRequest } from 'fastify'
import { ExchangeError } from '../errors.ts'
import { beginBody } from './body.ts'
import { bytesOf, inOurWords, nextPart } from './form-parts.ts'
import { FORM_LIMITS } from './multipart.ts'

/** Three names of 200 characters of four bytes each, percent-encoded. */
const LONGEST_NAME = 3 * 200 * 4 * 3

/** One file of a form with many. */
export interface FormFile {
  /** The name of its field. */
  name: string
  source: AsyncIterable<Buffer>
  /** Whether the form itself broke off while this file was read. */
  failed(): boolean
}

/** The parts of a form, each as a file, one after the other; what the reader of one leaves is dropped. Throws `invalid` where it breaks off. */
export async function* filesOf(request: FastifyRequest): AsyncGenerator<FormFile, void, void> {
  if (!request.isMultipart()) {
    throw new ExchangeError('content_type_wrong', { content_type: 'multipart/form-data' })
  }
  beginBody(request.raw)
  const limits = { ...FORM_LIMITS, fieldNameSize: LONGEST_NAME }
  // Not every client gives a file name, without which a part would count as a field.
  const parts = request.parts({ limits, isPartAFile: () => true })
  try {
    for (let part = await nextPart(parts); part !== null; part = await nextPart(parts)) {
      if (part.type === 'field') continue
      const { file, fieldname } = part
      yield { name: fieldname, source: bytesOf(part), failed: () => file.errored !== null || file.truncated }
      file.resume()
    }
  } catch (error) {
    throw inOurWords(error)
  }
}
