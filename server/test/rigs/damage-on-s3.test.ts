import { afterAll, beforeAll } from 'vitest'
import { openS3 } from '../../src/storage/s3-client.ts'
import { testDamage } from '../damage/never-good.ts'
import { type S3TestServer, startS3 } from '../servers/s3.ts'

let server: S3TestServer
beforeAll(async () => {
  server = await startS3()
})
afterAll(() => server.stop())

for (const [name, signed] of [
  ['a bucket', 'false'],
  ['a bucket that gives links', 'true'],
] as const) {
  testDamage(name, async () => {
    const options = server.options(`signed-${signed}/`)
    const { sdk, client, bucket: Bucket, prefix } = await openS3(options)
    const at = (key: string) => ({ Bucket, Key: prefix + key })
    return {
      settings: { ...server.settings(prefix), NBEX_S3_SIGNED_DOWNLOADS: signed },
      shelf: {
        async read(key) {
          const { Body } = await client.send(new sdk.GetObjectCommand(at(key)))
          return Buffer.from((await Body?.transformToByteArray()) ?? [])
        },
        async write(key, bytes) {
          await client.send(new sdk.PutObjectCommand({ ...at(key), Body: bytes }))
        },
        async remove(key) {
          await client.send(new sdk.DeleteObjectCommand(at(key)))
        },
      },
    }
  })
}
