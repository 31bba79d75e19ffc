import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Person, TestService } from '../start.ts'
import type { Comparison } from './compare.ts'
import { type SentFile, type Step, transcriptFiles } from './transcript.ts'

/** Sends the request of a step; placeholders in it are what earlier answers bound them to. */
export function send(
  service: TestService,
  person: Person | null,
  { step, comparison }: { step: Step; comparison: Comparison },
): Promise<Response> {
  const { method, path, query, raw_query, form, files } = step.request
  const pairs = query.map(([name, value]) => [name, comparison.resolve(value)] as [string, string])
  const search = raw_query ?? new URLSearchParams(pairs).toString()
  const init: RequestInit = { method, redirect: 'manual' }
  if (files.length > 0) init.body = multipart(form, files)
  else if (form.length > 0)
    init.body = new URLSearchParams(form.map(([name, value]) => [name, value] as [string, string]))
  return service.request(person, `${path}${search === '' ? '' : `?${search}`}`, init)
}

function multipart(form: Step['request']['form'], files: readonly SentFile[]): FormData {
  const data = new FormData()
  for (const [name, value] of form) data.append(name, value)
  for (const file of files) {
    data.append(
      file.field,
      new Blob([new Uint8Array(bytesOf(file))], { type: file.content_type }),
      file.filename,
    )
  }
  return data
}

function bytesOf(file: SentFile): Buffer {
  const bytes = file.generate
    ? generated(file.generate)
    : readFileSync(join(transcriptFiles, file.content ?? ''))
  if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) {
    throw new Error(`The fixture for ${file.filename} is damaged.`)
  }
  return bytes
}

/** The digests of `seed:0`, `seed:1`, ... one after the other, `size` bytes of them. */
function generated({ seed, size }: { seed: string | number; size: number }): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, index) =>
    createHash('sha256').update(`${seed}:${index}`).digest(),
  )
  return Buffer.concat(blocks).subarray(0, size)
}
