import { randomUUID } from 'node:crypto'
import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3'
import { ExchangeError } from '../errors.ts'
import type { FileStatus, ListedFile, StorageDriver } from './driver.ts'
import { invalidKey, segmentsOf } from './key.ts'
import { openS3, type S3, type S3Options } from './s3-client.ts'
import { isMissingObject, translatedS3, translateS3Error } from './s3-errors.ts'
import { S3Puts } from './s3-put.ts'
import { readObject } from './s3-read.ts'

/** At the top of the prefix: what `check` writes for a moment. */
const PROBES = 'probe'
const PROBE = Buffer.from('nbexchange writes this to see whether it can')
/** After this, an unfinished upload belongs to nobody: none lasts so long, and S3 does not say who began it. */
const LIFETIME_MS = 24 * 60 * 60 * 1000
/** Within this a client must have begun to read. */
const LINK_SECONDS = 300

/** Files as objects of one bucket of any S3-compatible server, each at `<prefix><key>`. */
export function createS3Driver(options: S3Options): StorageDriver {
  let opened: Promise<Bucket> | undefined
  const bucket = () => {
    opened ??= openS3(options).then((s3) => new Bucket(s3))
    return opened
  }
  return {
    place: `the bucket ${options.bucket}`,
    put: (key, source) => translatedS3(async () => (await bucket()).put(key, source)),
    get: (key) => translatedS3(async () => (await bucket()).get(key)),
    stat: (key) => translatedS3(async () => (await bucket()).stat(key)),
    ...(options.signedDownloads && {
      linkTo: (key: string) => translatedS3(async () => (await bucket()).linkTo(key)),
    }),
    delete: (key) => translatedS3(async () => (await bucket()).delete(key)),
    async *list(prefix) {
      try {
        yield* (await bucket()).list(prefix)
      } catch (error) {
        throw translateS3Error(error)
      }
    },
    reap: () => translatedS3(async () => (await bucket()).reap()),
    check: () => translatedS3(async () => (await bucket()).check()),
  }
}

class Bucket {
  readonly #s3: S3
  readonly #puts: S3Puts

  constructor(s3: S3) {
    this.#s3 = s3
    this.#puts = new S3Puts(s3)
  }

  async put(key: string, source: AsyncIterable<Buffer>): Promise<void> {
    await this.#puts.put(this.#objectKey(key), source)
  }

  async get(key: string) {
    const Key = this.#objectKey(key)
    try {
      return await readObject(this.#s3, Key)
    } catch (error) {
      if (!isMissingObject(error)) throw error
      throw new ExchangeError('no_file', { key }, { cause: error })
    }
  }

  async stat(key: string): Promise<FileStatus> {
    const { sdk, client, bucket: Bucket } = this.#s3
    const Key = this.#objectKey(key)
    try {
      const { ContentLength } = await client.send(new sdk.HeadObjectCommand({ Bucket, Key }))
      return { size: ContentLength ?? 0 }
    } catch (error) {
      if (!isMissingObject(error)) throw error
      // An answer to HEAD has no body that could tell a missing file from a missing bucket.
      const { size, stream } = await this.get(key)
      stream.destroy()
      return { size }
    }
  }

  async linkTo(key: string): Promise<string> {
    const { sdk, client, bucket: Bucket } = this.#s3
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
    const read = new sdk.GetObjectCommand({ Bucket, Key: this.#objectKey(key) })
    return getSignedUrl(client, read, { expiresIn: LINK_SECONDS })
  }

  async delete(key: string): Promise<void> {
    await this.#remove(this.#objectKey(key))
  }

  async *list(prefix: string): AsyncGenerator<ListedFile> {
    const { prefix: ours } = this.#s3
    const probes = `${PROBES}/`
    for await (const { key, size, modifiedAt } of this.#objects(ours + prefix)) {
      const name = key.slice(ours.length)
      if (!name.startsWith(probes)) yield { key: name, size, modifiedAt }
    }
  }

  async reap(): Promise<number> {
    const { sdk, client, bucket: Bucket, prefix } = this.#s3
    const before = Date.now() - LIFETIME_MS
    let removed = 0
    for await (const { Key, UploadId, Initiated } of this.#uploads(prefix)) {
      if (!Initiated || Initiated.getTime() > before) continue
      await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
      removed += 1
    }
    for await (const { key, modifiedAt } of this.#objects(`${prefix}${PROBES}/`)) {
      if (modifiedAt.getTime() > before) continue
      await this.#remove(key)
      removed += 1
    }
    return removed
  }

  async check(): Promise<{ freeBytes: null }> {
    const { sdk, client, bucket: Bucket, prefix } = this.#s3
    const Key = `${prefix}${PROBES}/${randomUUID()}`
    await client.send(new sdk.PutObjectCommand({ Bucket, Key, Body: PROBE }))
    try {
      const { stream } = await readObject(this.#s3, Key)
      const back: Buffer[] = await stream.toArray()
      if (!PROBE.equals(Buffer.concat(back)))
        throw new Error('the storage does not give back what it was given')
    } finally {
      await this.#remove(Key)
    }
    return { freeBytes: null }
  }

  async *#uploads(Prefix: string) {
    const { sdk, client, bucket: Bucket } = this.#s3
    let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}
    while (from) {
      const page: ListMultipartUploadsCommandOutput = await client.send(
        new sdk.ListMultipartUploadsCommand({ Bucket, Prefix, ...from }),
      )
      yield* page.Uploads ?? []
      const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
      from = IsTruncated && KeyMarker && UploadIdMarker ? { KeyMarker, UploadIdMarker } : undefined
    }
  }

  async *#objects(Prefix: string): AsyncGenerator<ListedFile> {
    const { sdk, client, bucket: Bucket } = this.#s3
    for await (const { Contents = [] } of sdk.paginateListObjectsV2({ client }, { Bucket, Prefix })) {
      for (const { Key = '', Size = 0, LastModified = new Date(0) } of Contents) {
        yield { key: Key, size: Size, modifiedAt: LastModified }
      }
    }
  }

  async #remove(Key: string): Promise<void> {
    const { sdk, client, bucket: Bucket } = this.#s3
    await client.send(new sdk.DeleteObjectCommand({ Bucket, Key }))
  }

  #objectKey(key: string): string {
    const segments = segmentsOf(key)
    if (segments[0] === PROBES) throw invalidKey(key)
    return `${this.#s3.prefix}${key}`
  }
}
