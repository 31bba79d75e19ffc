import { randomUUID } from 'node:crypto'
import type { S3 } from './s3-client.ts'
import { isMissingObject, isNotImplemented, isTaken, takenKey } from './s3-errors.ts'
import { inParts } from './s3-parts.ts'

/** Says which put made an object, so that one whose answer was lost knows its own work again. */
const PUT_ID = 'nbexchange-put'

/** Makes the objects of one bucket, each once and never twice. */
export class S3Puts {
  readonly #s3: S3
  /** Whether the server keeps us from replacing an object (`If-None-Match`); false once it has said that it cannot. */
  #isConditional = true

  constructor(s3: S3) {
    this.#s3 = s3
  }

  /** Resolves when the whole object is there. On failure it is not, and no unfinished upload is left. */
  async put(objectKey: string, source: AsyncIterable<Buffer>): Promise<void> {
    const object = { Bucket: this.#s3.bucket, Key: objectKey, id: randomUUID() }
    const parts = inParts(source)
    try {
      const first = await parts.next()
      const second = await parts.next()
      if (first.done) throw new Error('a file has at least one part')
      if (second.done) await this.#putWhole(object, first.value)
      else await this.#putInParts(object, joined([first.value, second.value], parts))
    } finally {
      await parts.return()
    }
  }

  async #putWhole(object: NewObject, body: Buffer): Promise<void> {
    const { sdk, client } = this.#s3
    const { Bucket, Key } = object
    await this.#commit({ ...object, bytes: body.length }, (condition) =>
      client.send(
        new sdk.PutObjectCommand({
          Bucket,
          Key,
          Body: body,
          Metadata: { [PUT_ID]: object.id },
          ...condition,
        }),
      ),
    )
  }

  async #putInParts(object: NewObject, parts: AsyncIterable<Buffer>): Promise<void> {
    const { sdk, client } = this.#s3
    const upload = { Bucket: object.Bucket, Key: object.Key, UploadId: await this.#begin(object) }
    try {
      const { Parts, bytes } = await this.#uploadParts(upload, parts)
      await this.#commit({ ...object, bytes }, (condition) =>
        client.send(
          new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...condition }),
        ),
      )
    } catch (error) {
      await this.#abandon(upload)
      throw error
    }
  }

  /** One part is on its way while the next one is gathered: two are in memory, whatever the size of the file. */
  async #uploadParts(upload: Upload, parts: AsyncIterable<Buffer>) {
    const { sdk, client } = this.#s3
    const Parts: { PartNumber: number; ETag: string | undefined }[] = []
    let bytes = 0
    let underway: Promise<unknown> = Promise.resolve()
    try {
      for await (const Body of parts) {
        await underway
        const PartNumber = Parts.length + 1
        const part: { PartNumber: number; ETag: string | undefined } = { PartNumber, ETag: undefined }
        Parts.push(part)
        bytes += Body.length
        underway = client
          .send(new sdk.UploadPartCommand({ ...upload, PartNumber, Body }))
          .then(({ ETag }) => {
            part.ETag = ETag
          })
        // It is awaited above or below; until then its failure must not count as one that nobody looks after.
        underway.catch(() => {})
      }
      await underway
    } finally {
      // A part that arrives after its upload was given up would stay for ever.
      await Promise.allSettled([underway])
    }
    return { Parts, bytes }
  }

  /** Where an answer was lost on the way there may be more uploads of this object than the one we know. */
  async #begin(object: NewObject): Promise<string> {
    const { sdk, client } = this.#s3
    const { Bucket, Key, id } = object
    try {
      const { UploadId, $metadata } = await client.send(
        new sdk.CreateMultipartUploadCommand({ Bucket, Key, Metadata: { [PUT_ID]: id } }),
      )
      if (UploadId === undefined) throw new Error('the storage gave the upload no name')
      if (($metadata.attempts ?? 1) > 1) await Promise.allSettled([this.#abandonOthers(object, UploadId)])
      return UploadId
    } catch (error) {
      await Promise.allSettled([this.#abandonOthers(object, undefined)])
      throw error
    }
  }

  async #abandonOthers(object: NewObject, ours: string | undefined): Promise<void> {
    const { sdk, client } = this.#s3
    const { Bucket, Key } = object
    const { Uploads = [] } = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: Key }))
    const others = Uploads.filter((upload) => upload.Key === Key && upload.UploadId !== ours)
    await Promise.all(others.map(({ UploadId = '' }) => this.#abandon({ Bucket, Key, UploadId })))
  }

  /** The failure that led here is what must be told. Where this fails too, `reap` finds the upload. */
  async #abandon(upload: Upload): Promise<void> {
    const { sdk, client } = this.#s3
    await Promise.allSettled([client.send(new sdk.AbortMultipartUploadCommand(upload))])
  }

  /** Sends what makes the object visible, then looks: answers get lost, and retries then meet our own work. */
  async #commit(object: NewObject & { bytes: number }, send: (condition: Condition) => Promise<unknown>) {
    const failure = await this.#sendOnce(object, send).then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    let made: string | undefined
    try {
      made = await this.#idOf(object)
    } catch (error) {
      // Whose work keeps the key taken is what we could not find out: that is no conflict.
      if (failure && !isTaken(failure.error)) throw failure.error
      if (!failure) await this.#remove(object)
      throw error
    }
    if (made === object.id) return
    // Servers hang up on a body that they refuse: the refusal itself may never arrive.
    if (failure && made !== undefined) throw takenKey(failure.error)
    throw failure?.error ?? new Error(`the storage acknowledged ${object.Key} and does not show it`)
  }

  async #sendOnce(object: NewObject, send: (condition: Condition) => Promise<unknown>): Promise<void> {
    if (this.#isConditional) {
      try {
        await send({ IfNoneMatch: '*' })
        return
      } catch (error) {
        if (!isNotImplemented(error)) throw error
        this.#isConditional = false
      }
    }
    // Keys are made of random numbers: between this look and the write nobody takes the same one.
    if ((await this.#idOf(object)) !== undefined) throw takenKey(undefined)
    await send({})
  }

  /** Which put made the object that is there; undefined where none is. Throws where it has another size than ours. */
  async #idOf(object: NewObject & { bytes?: number }): Promise<string | undefined> {
    const { sdk, client } = this.#s3
    const { Bucket, Key, id, bytes } = object
    try {
      const { ContentLength, Metadata } = await client.send(new sdk.HeadObjectCommand({ Bucket, Key }))
      const made = Metadata?.[PUT_ID] ?? ''
      if (made === id && bytes !== undefined && bytes !== ContentLength) {
        throw new Error(`the storage keeps ${ContentLength} bytes of ${Key}, not ${bytes}`)
      }
      return made
    } catch (error) {
      if (isMissingObject(error)) return undefined
      throw error
    }
  }

  async #remove({ Bucket, Key }: NewObject): Promise<void> {
    const { sdk, client } = this.#s3
    await Promise.allSettled([client.send(new sdk.DeleteObjectCommand({ Bucket, Key }))])
  }
}

interface NewObject {
  Bucket: string
  Key: string
  id: string
}

interface Upload {
  Bucket: string
  Key: string
  UploadId: string
}

interface Condition {
  IfNoneMatch?: string
}

async function* joined(first: Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  while (first.length > 0) yield first.shift() ?? Buffer.of()
  yield* rest
}
