import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorageDriver } from '../../src/storage/driver.ts'

/** How to get one driver over an empty place of its own; `cleanup` removes the place. */
export interface DriverUnderTest {
  name: string
  /** How many files it must list: by default one more than S3 gives in one answer. */
  manyFiles?: number
  create(): Promise<{ driver: StorageDriver; cleanup: () => Promise<void> }>
}

const MIB = 1024 * 1024

/** Registers the tests that every storage driver passes, all on real storage. For the authors of drivers. */
export function testStorageDriver(subject: DriverUnderTest): void {
  describe(`storage driver ${subject.name}`, () => {
    let driver: StorageDriver
    let cleanup: () => Promise<void>

    beforeEach(async () => {
      ;({ driver, cleanup } = await subject.create())
    })
    afterEach(() => cleanup())

    testPut(() => driver)
    testGet(() => driver)
    testOthers(() => driver)
    testList(() => driver, subject.manyFiles ?? 1001)
  })
}

function testPut(driver: () => StorageDriver): void {
  const sizes = [0, 1, 4095, 65_536, MIB - 1, MIB, MIB + 1, 3 * MIB + 17]
  it.each(sizes)('gives back %i bytes as they were put', async (size) => {
    const key = newKey()
    const content = randomBytes(size)
    await driver().put(key, chunks(content))
    expect(await contentOf(driver(), key)).toEqual(content)
  })

  it.each([1, 7, 1000, 65_536, MIB])('puts chunks of %i bytes together', async (chunkBytes) => {
    const key = newKey()
    const content = randomBytes(Math.min(chunkBytes * 3000, 2 * MIB + chunkBytes))
    await driver().put(key, chunks(content, chunkBytes))
    expect(await contentOf(driver(), key)).toEqual(content)
  })

  it('takes empty chunks between others', async () => {
    const key = newKey()
    const parts = ['', 'a', '', '', 'bc', ''].map((text) => Buffer.from(text))
    await driver().put(key, fromParts(parts))
    expect(await contentOf(driver(), key)).toEqual(Buffer.from('abc'))
  })

  it('shows nothing of a file before its last byte has come', async () => {
    const key = newKey()
    await driver().put(
      key,
      (async function* () {
        yield Buffer.alloc(2 * MIB)
        await expectNothing(driver(), key)
        yield Buffer.from('end')
        await expectNothing(driver(), key)
      })(),
    )
    expect((await keys(driver())).includes(key)).toBe(true)
  })

  it.each([0, 1, 2, 3])('leaves nothing of a source that throws after %i chunks', async (count) => {
    const key = newKey()
    const failure = new Error('the client has gone')
    const source = fromParts(
      Array.from({ length: count }, () => randomBytes(MIB)),
      failure,
    )
    await expect(driver().put(key, source)).rejects.toBe(failure)
    await expectNothing(driver(), key)
    expect(await driver().reap()).toBe(0)
    await driver().put(key, chunks(Buffer.from('again')))
    expect(await contentOf(driver(), key)).toEqual(Buffer.from('again'))
  })

  it('refuses a key that is taken and leaves what is there as it was', async () => {
    const key = newKey()
    await driver().put(key, chunks(Buffer.from('first')))
    await expect(driver().put(key, chunks(Buffer.from('second')))).rejects.toMatchObject({ code: 'conflict' })
    expect(await contentOf(driver(), key)).toEqual(Buffer.from('first'))
    expect(await keys(driver())).toEqual([key])
  })

  it('lets exactly one of many puts of the same key win, with its bytes whole', async () => {
    const key = newKey()
    const contents = Array.from({ length: 12 }, () => randomBytes(300_000))
    const results = await Promise.allSettled(contents.map((each) => driver().put(key, chunks(each, 50_000))))
    const won = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []))
    const codes = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
    expect(won).toHaveLength(1)
    expect(new Set(codes)).toEqual(new Set(['conflict']))
    expect(await contentOf(driver(), key)).toEqual(contents[won[0] ?? -1])
    expect(await keys(driver())).toEqual([key])
  })

  it('stores 50 files that come at once', async () => {
    const files = Array.from({ length: 50 }, () => ({ key: newKey(), content: randomBytes(120_000) }))
    await Promise.all(files.map(({ key, content }) => driver().put(key, chunks(content, 16_384))))
    for (const { key, content } of files) expect(await contentOf(driver(), key)).toEqual(content)
    expect((await keys(driver())).sort()).toEqual(files.map((file) => file.key).sort())
  })
}

function testGet(driver: () => StorageDriver): void {
  it.each([0, 1, 300_000])('tells of %i bytes without them what it tells with them', async (size) => {
    const key = newKey()
    await driver().put(key, chunks(randomBytes(size)))
    const { stream, ...told } = await driver().get(key)
    stream.destroy()
    expect(told.size).toBe(size)
    expect(await driver().stat(key)).toEqual(told)
  })

  it('answers not_found for an unknown key and for the folder of a key', async () => {
    const key = newKey()
    await driver().put(key, chunks(Buffer.from('x')))
    for (const unknown of [newKey(), '1/submitted', `${key}/below`]) {
      await expect(driver().get(unknown)).rejects.toMatchObject({ code: 'not_found' })
      await expect(driver().stat(unknown)).rejects.toMatchObject({ code: 'not_found' })
    }
  })

  it('serves many readers of one file at once', async () => {
    const key = newKey()
    const content = randomBytes(MIB)
    await driver().put(key, chunks(content))
    const all = await Promise.all(Array.from({ length: 20 }, () => contentOf(driver(), key)))
    for (const each of all) expect(each.equals(content)).toBe(true)
  })

  it('keeps no file descriptor of reads that end, fail or are broken off', async () => {
    const key = newKey()
    await driver().put(key, chunks(randomBytes(2 * MIB)))
    const before = openDescriptors()
    for (let round = 0; round < 20; round++) {
      const unread = await driver().get(key)
      unread.stream.destroy()
      const begun = await driver().get(key)
      for await (const _ of begun.stream) break
      const cut = await driver().get(key)
      cut.stream.on('error', () => {})
      cut.stream.destroy(new Error('the client has gone'))
      await contentOf(driver(), key)
      for (const unknown of [newKey(), '1/submitted']) {
        await driver()
          .get(unknown)
          .catch(() => {})
      }
    }
    await expect.poll(openDescriptors).toBeLessThanOrEqual(before)
  })

  it('keeps no file descriptor of puts that fail', async () => {
    const before = openDescriptors()
    for (let round = 0; round < 20; round++) {
      const source = fromParts([randomBytes(1000)], new Error('the client has gone'))
      await driver()
        .put(newKey(), source)
        .catch(() => {})
    }
    await expect.poll(openDescriptors).toBeLessThanOrEqual(before)
  })
}

function testOthers(driver: () => StorageDriver): void {
  it('forgets a file that was deleted, and deletes an unknown one without complaint', async () => {
    const key = newKey()
    await driver().delete(key)
    await driver().put(key, chunks(Buffer.from('x')))
    await driver().delete(key)
    await expectNothing(driver(), key)
    await driver().delete(key)
    await driver().put(key, chunks(Buffer.from('new')))
    expect(await contentOf(driver(), key)).toEqual(Buffer.from('new'))
  })

  it('lists nothing where nothing was stored', async () => {
    expect(await keys(driver())).toEqual([])
    expect(await driver().reap()).toBe(0)
  })

  it('lists keys by how they begin, with size and time', async () => {
    const before = Date.now()
    const names = ['1/released/aa/x', '1/submitted/aa/y', '1/submitted/ab/z', '11/submitted/aa/y']
    for (const [index, key] of names.entries()) await driver().put(key, chunks(Buffer.alloc(index + 1)))
    expect((await keys(driver())).sort()).toEqual([...names].sort())
    expect(await keys(driver(), '1/released/')).toEqual(['1/released/aa/x'])
    expect((await keys(driver(), '1/submitted/a')).sort()).toEqual(['1/submitted/aa/y', '1/submitted/ab/z'])
    expect((await keys(driver(), '1')).length).toBe(4)
    expect(await keys(driver(), '1/submitted/ab/z')).toEqual(['1/submitted/ab/z'])
    expect(await keys(driver(), '2/')).toEqual([])
    for await (const file of driver().list('11/')) {
      expect(file.size).toBe(4)
      // Some clocks of storages tick coarsely.
      expect(file.modifiedAt.getTime()).toBeGreaterThan(before - 60_000)
    }
  })

  it('takes names as they are: nothing is decoded, folded or expanded', async () => {
    const odd = [
      '%2e%2e',
      '..%2fx',
      '~',
      '$HOME',
      '*',
      'a b',
      'A',
      'a',
      '.hidden',
      '...',
      'ä',
      'a\u0308',
      "';--",
    ]
    const names = odd.map((name) => `1/odd/aa/${name}`)
    for (const key of names) await driver().put(key, chunks(Buffer.from(key)))
    for (const key of names) expect(await contentOf(driver(), key)).toEqual(Buffer.from(key))
    expect((await keys(driver())).sort()).toEqual([...names].sort())
  })

  const hostile = ['', '/', '/etc/passwd', '../x', '1/../../x', '1/..', '.', './x', '1//x', '1/x/', '1/a\0b']
  it.each(hostile)('refuses the key %j', async (key) => {
    await expect(driver().put(key, chunks(Buffer.from('x')))).rejects.toMatchObject({ code: 'invalid' })
    await expect(driver().get(key)).rejects.toMatchObject({ code: 'invalid' })
    await expect(driver().stat(key)).rejects.toMatchObject({ code: 'invalid' })
    await expect(driver().delete(key)).rejects.toMatchObject({ code: 'invalid' })
    expect(await keys(driver())).toEqual([])
  })

  it('checks itself, before and after anything is stored, and leaves no trace of that', async () => {
    const { freeBytes } = await driver().check()
    if (freeBytes !== null) expect(freeBytes).toBeGreaterThan(0)
    await driver().put(newKey(), chunks(Buffer.from('x')))
    await driver().check()
    expect(await keys(driver())).toHaveLength(1)
  })

  it('does not reap what is being written', async () => {
    const key = newKey()
    await driver().put(
      key,
      (async function* () {
        yield randomBytes(2 * MIB)
        expect(await driver().reap()).toBe(0)
        yield Buffer.from('end')
      })(),
    )
    expect((await contentOf(driver(), key)).length).toBe(2 * MIB + 3)
  })
}

function testList(driver: () => StorageDriver, count: number): void {
  it('goes on with a list while what is listed is removed', async () => {
    const names = ['a', 'b', 'c', 'd'].map((name) => `1/submitted/aa/${name}`)
    for (const key of names) await driver().put(key, chunks(Buffer.from('x')))
    const listed: string[] = []
    for await (const { key } of driver().list('')) {
      listed.push(key)
      for (const other of names) if (other !== key) await driver().delete(other)
    }
    expect(names).toEqual(expect.arrayContaining(listed))
    expect(listed.length).toBeGreaterThan(0)
  })

  it(`lists ${count} files`, async () => {
    const wanted = Array.from({ length: count }, (_, index) => `1/submitted/${index % 8}0/f${index}`)
    for (let from = 0; from < wanted.length; from += 50) {
      const some = wanted.slice(from, from + 50)
      await Promise.all(some.map((key) => driver().put(key, chunks(Buffer.from('x')))))
    }
    expect((await keys(driver())).sort()).toEqual([...wanted].sort())
  })
}

/** A new key as the service makes them. */
export function newKey(): string {
  const id = randomUUID()
  return `1/submitted/${id.slice(0, 2)}/${id}`
}

/** `content` in pieces of `chunkBytes`. */
export async function* chunks(content: Buffer, chunkBytes = 65_536): AsyncGenerator<Buffer> {
  for (let from = 0; from < content.length; from += chunkBytes)
    yield content.subarray(from, from + chunkBytes)
}

/** The parts, then the failure where there is one. */
export async function* fromParts(parts: readonly Buffer[], failure?: Error): AsyncGenerator<Buffer> {
  yield* parts
  if (failure) throw failure
}

/** All that a stream gives; throws what it throws. */
export async function bytesOf(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

async function contentOf(driver: StorageDriver, key: string): Promise<Buffer> {
  const { size, stream } = await driver.get(key)
  const content = await bytesOf(stream)
  expect(content.length).toBe(size)
  return content
}

async function keys(driver: StorageDriver, prefix = ''): Promise<string[]> {
  const found: string[] = []
  for await (const file of driver.list(prefix)) found.push(file.key)
  return found
}

async function expectNothing(driver: StorageDriver, key: string): Promise<void> {
  await expect(driver.get(key)).rejects.toMatchObject({ code: 'not_found' })
  expect(await keys(driver)).toEqual([])
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}
