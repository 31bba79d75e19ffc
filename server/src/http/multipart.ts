import multipart, { type Multipart, type MultipartFile } from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ExchangeError } from '../errors.ts'
import type { Upload } from '../exchange/upload.ts'
import { beginBody, brokenOff, declaredLength, drain, wholeBody } from './body.ts'
import {
  addNotebook,
  bytesOf,
  dropFile,
  ENVELOPE,
  inOurWords,
  isNoForm,
  nextPart,
  secondFile,
  textOf,
  tooManyFields,
} from './form-parts.ts'
import { Fields, queryOf, readForm } from './query.ts'
import { mediaType } from './upload.ts'

/** Bytes of form fields that are read before the file, and so before it is known who may do what. */
const FIELDS_BEFORE_FILE = 16 * 1024
export const FORM_LIMITS = {
  parts: 1010,
  fields: 1000,
  files: 1010,
  fieldSize: 4 * 1024,
  fieldNameSize: 256,
  headerPairs: 50,
  headerSize: 16 * 1024,
  fileSize: Number.POSITIVE_INFINITY,
}

/** A form of the legacy face: parameters from the query and the fields, and the file as a stream. */
export interface MultipartUpload {
  /** The value in query or form; a blank one is a missing one. Throws `invalid` where two values differ. */
  field(name: string): string | undefined
  /** All values. Those of `notebooks` are complete only when `upload.source` has ended. */
  values(name: string): string[]
  /**
   * The file; null where the request carries none. Throws `invalid` where it came under another name than
   * `assignment`: only here, as that is the last thing to be checked.
   */
  readonly upload: Upload | null
}

export function acceptMultipart(app: FastifyInstance): void {
  app.register(multipart, { limits: FORM_LIMITS, throwFileSizeLimit: false })
}

export interface FormSettings {
  /** Bytes; the largest file that a form may bring. */
  maxBufferSize: number
}

/**
 * Reads the request up to its first file. Throws `invalid` for a form that breaks a limit or off, `too_large` where
 * the declared length cannot fit `maxBytes`.
 */
export async function multipartUpload(
  request: FastifyRequest,
  expected: { fileField: 'assignment' | 'feedback'; maxBytes?: number },
): Promise<MultipartUpload> {
  const query = queryOf(request)
  const limit = expected.maxBytes ?? Number.POSITIVE_INFINITY
  if ((declaredLength(request.raw) ?? 0) > limit + ENVELOPE) {
    throw new ExchangeError('file_too_large', { limit })
  }
  const fields = new Fields()
  const form = {
    field: (name: string) => firstOf(query, fields, name),
    values: (name: string) => [...query.all(name), ...fields.all(name)],
  }
  if (mediaType(request) === 'application/x-www-form-urlencoded') {
    const sent = await urlencoded(request)
    for (const name of sent.names()) for (const value of sent.all(name)) fields.add(name, value)
  }
  const hasBoundary = /;\s*boundary=./i.test(request.headers['content-type'] ?? '')
  if (!request.isMultipart() || !hasBoundary) return { ...form, upload: null }
  beginBody(request.raw)
  const parts = request.parts()
  const file = await firstFile(request, { parts, fields, fileField: expected.fileField })
  if (!file) return { ...form, upload: null }
  const right = file.fieldname === expected.fileField
  if (!right && expected.fileField === 'feedback') return { ...form, upload: null }
  const source = wholeForm(request, { file, parts, fields })
  return {
    ...form,
    get upload() {
      if (right) return { source }
      throw new ExchangeError('file_misplaced', { field: expected.fileField })
    },
  }
}

function firstOf(query: Fields, fields: Fields, name: string): string | undefined {
  const [inQuery, inForm] = [query.first(name), fields.first(name)]
  if (inQuery === undefined || inForm === undefined || inQuery === inForm) return inQuery ?? inForm
  throw new ExchangeError('parameter_contradictory', { parameter: name })
}

async function urlencoded(request: FastifyRequest): Promise<Fields> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of wholeBody(request.raw)) {
    size += chunk.length
    if (size > FIELDS_BEFORE_FILE) throw tooManyFields()
    chunks.push(chunk)
  }
  return readForm(Buffer.concat(chunks).toString('latin1'))
}

/**
 * Collects the fields before the first file. A form that is no form, from a whole request, carries no file; nor does
 * one whose file has no file name, which is a field like others to the parser.
 */
async function firstFile(
  request: FastifyRequest,
  form: { parts: AsyncIterator<Multipart>; fields: Fields; fileField: string },
): Promise<MultipartFile | null> {
  const { fields, fileField, parts } = form
  let size = 0
  for (;;) {
    const part = await nextPart(parts).catch((error: unknown) => {
      if (isNoForm(error) && request.raw.complete) return null
      throw inOurWords(error)
    })
    if (part === null) return null
    if (part.type === 'file') return part
    if (part.fieldname === fileField) continue
    const [name, value] = [part.fieldname ?? '', textOf(part)]
    size += name.length + value.length
    if (size > FIELDS_BEFORE_FILE) throw tooManyFields()
    fields.add(name, value)
  }
}

/** The file's bytes; ends normally only after the rest of the form was read and its final boundary was there. */
async function* wholeForm(
  request: FastifyRequest,
  form: { file: MultipartFile; parts: AsyncIterator<Multipart>; fields: Fields },
): AsyncGenerator<Buffer, void, void> {
  const { file, parts, fields } = form
  try {
    yield* bytesOf(file)
    for (let part = await nextPart(parts); part !== null; part = await nextPart(parts)) {
      if (part.type === 'field') addNotebook(fields, part)
      else if (part.fieldname === file.fieldname) throw secondFile(file.fieldname)
      else await dropFile(part)
    }
  } catch (error) {
    throw inOurWords(error)
  }
  const ended = await drain(request.raw, { bytes: FIELDS_BEFORE_FILE, milliseconds: 30_000 })
  if (!ended) throw brokenOff()
}
