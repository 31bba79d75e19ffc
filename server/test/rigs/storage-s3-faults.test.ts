import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createMetrics } from '../../src/metrics.ts'
import type { StorageDriver } from '../../src/storage/driver.ts'
import { createStorage } from '../../src/storage/index.ts'
import { chunks, newKey, testStorageDriver } from '../conformance/storage.ts'
import { badLine, FAULTS, type Fault, type Passing } from '../servers/bad-line.ts'
import { type S3TestServer, startS3 } from '../servers/s3.ts'

const MIB = 1024 * 1024
let server: S3TestServer

beforeAll(async () => {
  server = await startS3()
  // The SDK pauses for a random part of a time that grows up to seconds: always for a hundredth of it here.
  vi.spyOn(Math, 'random').mockReturnValue(0.01)
})
afterAll(async () => {
  vi.restoreAllMocks()
  await server.stop()
})

/** Every seventh request fails when it is first tried, each time in another way: what retries must hide altogether. */
testStorageDriver({
  name: 's3 on a bad line',
  manyFiles: 100,
  create: async () => {
    let fresh = 0
    const { driver, line } = await behind(({ attempt }) => {
      if (attempt > 1) return undefined
      fresh += 1
      return fresh % 7 === 0 ? FAULTS[(fresh / 7) % FAULTS.length] : undefined
    })
    return { driver, cleanup: () => line.close() }
  },
})

interface Operation {
  name: string
  /** Files that are there before the line goes bad. */
  before: Buffer[]
  run(driver: StorageDriver, key: string): Promise<unknown>
}

const SMALL = randomBytes(100_000)
const LARGE = randomBytes(11 * MIB)

const OPERATIONS: Operation[] = [
  { name: 'put of one part', before: [], run: (driver, key) => driver.put(key, chunks(SMALL)) },
  { name: 'put of three parts', before: [], run: (driver, key) => driver.put(key, chunks(LARGE)) },
  { name: 'get', before: [LARGE], run: async (driver, key) => expectWhole(driver, key, LARGE) },
  { name: 'delete', before: [SMALL], run: (driver, key) => driver.delete(key) },
  { name: 'list', before: [SMALL], run: async (driver, key) => expect(await keysOf(driver)).toEqual([key]) },
  { name: 'check', before: [], run: (driver) => driver.check() },
  { name: 'reap', before: [], run: (driver) => driver.reap() },
]

describe.each(OPERATIONS)('$name', (operation) => {
  it.each(FAULTS)('bears one %s, whichever of its requests that meets', async (fault) => {
    const requests = await requestsOf(operation)
    const numbers = Array.from({ length: requests }, (_, at) => at + 1)
    await Promise.all(
      numbers.map(async (nth) => {
        const tried = await tryWith(operation, ({ number }) => (number === nth ? fault : undefined))
        expect([nth, tried.error]).toEqual([nth, undefined])
        await tried.expectSound()
        expect(await tried.unfinishedUploads()).toBe(0)
      }),
    )
  })

  it.each(FAULTS)(
    'where every request from the Nth on meets %s, fails in a few tries and harms nothing',
    async (fault) => {
      const requests = await requestsOf(operation)
      const numbers = Array.from({ length: requests }, (_, at) => at + 1)
      await Promise.all(
        numbers.map(async (nth) => {
          const tried = await tryWith(operation, ({ number }) => (number >= nth ? fault : undefined))
          expect([nth, tried.error]).toMatchObject([nth, { code: 'unavailable' }])
          // Of each call the first try and three more: of what fails, of what looks or cleans up behind it, and of
          // what goes on with half an answer, and half of the rest, and so on.
          expect(tried.requests).toBeLessThanOrEqual(nth + 40)
          await tried.expectSound()
        }),
      )
    },
  )
})

describe('a key that is taken', () => {
  it.each([SMALL, LARGE])(
    'is a conflict, although the line breaks whenever it is written to',
    async (content) => {
      const isWritten = ({ method, url }: Passing) => method === 'PUT' || /^POST.*uploadId/.test(method + url)
      const { driver, line, key } = await stored(SMALL, (passing) =>
        isWritten(passing) && !passing.url.includes('partNumber') ? 'cut request' : undefined,
      )
      await expect(driver.put(key, chunks(content))).rejects.toMatchObject({ code: 'conflict' })
      await line.close()
    },
  )
})

describe('a download', () => {
  it('goes on where the connection broke, however often, as long as each brings something', async () => {
    const { driver, line, key } = await stored(LARGE, ({ method, number }) =>
      method === 'GET' && number < 8 ? 'cut answer' : undefined,
    )
    await expectWhole(driver, key, LARGE)
    expect(line.requests()).toBe(8)
    await line.close()
  })

  it('is broken off, and never ends, where nothing more comes', async () => {
    const { driver, line, key } = await stored(LARGE, ({ number }) => (number === 1 ? 'cut answer' : '500'))
    const { stream } = await driver.get(key)
    await expect(digestOf(stream)).rejects.toThrow()
    await line.close()
  })
})

describe('credentials that have expired', () => {
  it('are told as unavailable, and used again once they are renewed', async () => {
    let expired = true
    const { driver, line } = await behind(() => (expired ? 'ExpiredToken' : undefined))
    const key = newKey()
    await expect(driver.put(key, chunks(SMALL))).rejects.toMatchObject({ code: 'unavailable' })
    expired = false
    await driver.put(key, chunks(SMALL))
    await expectWhole(driver, key, SMALL)
    await line.close()
  })
})

async function behind(plan: (passing: Passing) => Fault | undefined, prefix = `${randomUUID()}/`) {
  const line = await badLine(server.endpoint, plan)
  const options = server.options(prefix, line.endpoint)
  return { line, prefix, driver: createStorage(options, { metrics: createMetrics() }) }
}

/** A driver whose line is bad, over a file that was stored on a good one. */
async function stored(content: Buffer, plan: (passing: Passing) => Fault | undefined) {
  const { driver, line, prefix } = await behind(plan)
  const key = newKey()
  await good(prefix).put(key, chunks(content))
  return { driver, line, key }
}

function good(prefix: string): StorageDriver {
  return createStorage(server.options(prefix), { metrics: createMetrics() })
}

const counted = new Map<Operation, number>()

/** How many requests an operation makes when nothing goes wrong; tried once. */
async function requestsOf(operation: Operation): Promise<number> {
  const known = counted.get(operation)
  if (known !== undefined) return known
  const tried = await tryWith(operation, () => undefined)
  expect(tried.error).toBeUndefined()
  counted.set(operation, tried.requests)
  return tried.requests
}

async function tryWith(operation: Operation, plan: (passing: Passing) => Fault | undefined) {
  const { driver, line, prefix } = await behind(plan)
  const key = newKey()
  for (const content of operation.before) await good(prefix).put(key, chunks(content))
  const error: unknown = await operation.run(driver, key).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  const requests = line.requests()
  await line.close()
  return {
    error,
    requests,
    expectSound: () => expectSound({ operation, prefix, key, isDone: error === undefined }),
    unfinishedUploads: () => server.unfinishedUploads(prefix),
  }
}

interface Attempt {
  operation: Operation
  prefix: string
  key: string
  isDone: boolean
}

/** What was acknowledged is there whole; what was not is there whole or not at all; nothing else is. */
async function expectSound({ operation, prefix, key, isDone }: Attempt): Promise<void> {
  const driver = good(prefix)
  const found = await keysOf(driver)
  const wanted = operation.name.startsWith('put')
    ? operation.name.includes('three')
      ? LARGE
      : SMALL
    : operation.before[0]
  const isGone = operation.name === 'delete' && isDone
  if (isGone || wanted === undefined) expect(found).toEqual([])
  else if (operation.name.startsWith('get') || operation.name.startsWith('list') || isDone)
    expect(found).toEqual([key])
  for (const each of found) {
    expect(each).toBe(key)
    await expectWhole(driver, key, wanted ?? Buffer.of())
  }
}

async function expectWhole(driver: StorageDriver, key: string, content: Buffer): Promise<void> {
  const { size, stream } = await driver.get(key)
  expect(size).toBe(content.length)
  expect(await digestOf(stream)).toBe(createHash('sha256').update(content).digest('hex'))
}

async function digestOf(stream: Readable): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk)
  return hash.digest('hex')
}

async function keysOf(driver: StorageDriver): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of driver.list('')) keys.push(key)
  return keys
}
