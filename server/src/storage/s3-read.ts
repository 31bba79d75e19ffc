import { Readable } from 'node:stream'
import type { S3 } from './s3-client.ts'
import { translateS3Error } from './s3-errors.ts'

/** So often in a row may a connection break without having brought a byte. */
const RESUMES = 3
const READ_BYTES = 128 * 1024

/** An object as a stream. Throws before any byte where it is not there. */
export async function readObject(s3: S3, Key: string): Promise<{ size: number; stream: Readable }> {
  const found = await openBody(s3, { Key })
  const size = found.ContentLength ?? 0
  const reopen = async (start: number) =>
    (await openBody(s3, { Key, Range: `bytes=${start}-`, IfMatch: found.ETag })).body
  return { size, stream: new ResumingStream(found.body, { size, reopen }) }
}

interface Source {
  /** Bytes of the whole. */
  size: number
  /** The bytes from `start` to the end. */
  reopen(start: number): Promise<Readable>
}

/**
 * The bytes of one object although connections break: a client who reads slowly keeps one idle for longer than storages
 * allow. It ends only after its last byte.
 */
class ResumingStream extends Readable {
  readonly #source: Source
  #body: Readable
  #at = 0
  #breaks = 0

  constructor(body: Readable, source: Source) {
    super({ highWaterMark: READ_BYTES })
    this.#source = source
    this.#body = body
    this.#listen(body)
  }

  override _read(): void {
    this.#body.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#body.destroy()
    done(error)
  }

  #listen(body: Readable): void {
    let isOver = false
    const over = (error: Error) => {
      if (isOver) return
      isOver = true
      if (this.#at >= this.#source.size) this.push(null)
      else this.#resumeAfter(error)
    }
    body.on('data', (chunk: Buffer) => {
      this.#at += chunk.length
      this.#breaks = 0
      if (!this.push(chunk)) body.pause()
    })
    body.once('end', () => over(new Error('the storage ended a file before its last byte')))
    body.on('error', over)
    body.once('close', () => over(new Error('the storage closed the connection')))
    body.pause()
  }

  #resumeAfter(error: Error): void {
    if (this.destroyed) return
    this.#breaks += 1
    if (this.#breaks > RESUMES) {
      this.#fail(error)
      return
    }
    this.#source.reopen(this.#at).then(
      (body) => {
        if (this.destroyed) {
          body.destroy()
          return
        }
        this.#body = body
        this.#listen(body)
        body.resume()
      },
      (failure: Error) => this.#fail(failure),
    )
  }

  #fail(error: Error): void {
    const told = translateS3Error(error)
    this.destroy(told instanceof Error ? told : error)
  }
}

async function openBody(s3: S3, what: { Key: string; Range?: string; IfMatch?: string | undefined }) {
  const { Key, Range, IfMatch } = what
  const found = await s3.client.send(
    new s3.sdk.GetObjectCommand({
      Bucket: s3.bucket,
      Key,
      ...(Range !== undefined && { Range }),
      ...(IfMatch !== undefined && { IfMatch }),
    }),
  )
  if (!(found.Body instanceof Readable)) throw new Error('the storage answered without a body')
  return { ...found, body: found.Body as Readable }
}
