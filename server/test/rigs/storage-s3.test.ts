import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMetrics } from '../../src/metrics.ts'
import type { StorageDriver } from '../../src/storage/driver.ts'
import { createStorage } from '../../src/storage/index.ts'
import { bytesOf, chunks, fromParts, newKey, testStorageDriver } from '../conformance/storage.ts'
import { type S3TestServer, startS3 } from '../servers/s3.ts'

const MIB = 1024 * 1024
let server: S3TestServer

beforeAll(async () => {
  server = await startS3()
})
afterAll(() => server.stop())

testStorageDriver({
  name: 's3',
  create: async () => ({ driver: driverAt(`${randomUUID()}/`), cleanup: async () => {} }),
})

describe('a file of several parts', () => {
  it.each([5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 10 * MIB, 17 * MIB + 3])(
    'of %i bytes comes back as it was put',
    async (size) => {
      const driver = driverAt()
      const key = newKey()
      const content = randomBytes(size)
      await driver.put(key, chunks(content, 100_000))
      const { size: found, stream } = await driver.get(key)
      expect(found).toBe(size)
      expect((await bytesOf(stream)).equals(content)).toBe(true)
    },
  )

  it('leaves no unfinished upload where its source throws, at whichever part', async () => {
    const driver = driverAt()
    for (const parts of [0, 1, 2, 3, 4]) {
      const failure = new Error('the client has gone')
      const source = fromParts(
        [...Array(parts)].map(() => randomBytes(5 * MIB)).concat(randomBytes(9)),
        failure,
      )
      await expect(driver.put(newKey(), source)).rejects.toBe(failure)
    }
    expect(await server.unfinishedUploads('')).toBe(0)
  })

  it('is refused under a key that is taken, and leaves no unfinished upload', async () => {
    const driver = driverAt()
    const key = newKey()
    await driver.put(key, chunks(Buffer.from('first')))
    await expect(driver.put(key, chunks(randomBytes(11 * MIB)))).rejects.toMatchObject({ code: 'conflict' })
    expect((await bytesOf((await driver.get(key)).stream)).toString()).toBe('first')
    expect(await server.unfinishedUploads('')).toBe(0)
  })
})

describe('what cannot be reached', () => {
  it.each([
    ['a server that is not there', { endpoint: 'http://127.0.0.1:9' }],
    ['a bucket that is not there', { bucket: 'no-such-bucket' }],
    ['a wrong key', { credentials: { accessKeyId: 'nbexchange', secretAccessKey: 'wrong' } }],
  ])('is told as unavailable: %s', async (_, wrong) => {
    const driver = createStorage({ ...server.options(''), ...wrong }, { metrics: createMetrics() })
    const unavailable = { code: 'unavailable' }
    await expect(driver.put(newKey(), chunks(Buffer.from('x')))).rejects.toMatchObject(unavailable)
    await expect(driver.get(newKey())).rejects.toMatchObject(unavailable)
    await expect(driver.stat(newKey())).rejects.toMatchObject(unavailable)
    await expect(driver.check()).rejects.toMatchObject(unavailable)
    await expect(firstOf(driver)).rejects.toMatchObject(unavailable)
  })
})

function driverAt(prefix = `${randomUUID()}/`): StorageDriver {
  return createStorage(server.options(prefix), { metrics: createMetrics() })
}

async function firstOf(driver: StorageDriver) {
  for await (const file of driver.list('')) return file
  return undefined
}
