import { createHash, randomBytes } from 'node:crypto'
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMetrics } from '../src/metrics.ts'
import { translateDiskError } from '../src/storage/disk-errors.ts'
import type { StorageDriver } from '../src/storage/driver.ts'
import { FileStore, type Stored } from '../src/storage/file-store.ts'
import { createStorage } from '../src/storage/index.ts'
import { VerifiedFiles } from '../src/storage/verified-files.ts'
import { bytesOf, chunks, fromParts, newKey, testStorageDriver } from './conformance/storage.ts'

testStorageDriver({ name: 'filesystem', create: () => createOnDisk() })

let root: string
let driver: StorageDriver
let cleanup: () => Promise<void>
let metrics: ReturnType<typeof createMetrics>
let files: FileStore

beforeEach(async () => {
  ;({ root, driver, cleanup, metrics } = await createOnDisk())
  files = new FileStore({ driver, metrics, settings: { maxBufferSize: 1_000_000 } })
})
afterEach(() => cleanup())

describe('what is stored', () => {
  it('is answered with its size and sha256 and counted', async () => {
    const content = randomBytes(400_000)
    const stored = await files.put(newKey(), chunks(content))
    expect(stored).toEqual({ size: 400_000, sha256: sha256(content) })
    expect((await metrics.bytesReceived.get()).values[0]?.value).toBe(400_000)
  })

  it('was synced once as bytes and once as a name, and both are counted', async () => {
    const key = newKey()
    await files.put(key, chunks(randomBytes(10)))
    const before = await fsyncsCounted()
    const last = key.endsWith('0') ? '1' : '0'
    await files.put(key.slice(0, -1) + last, chunks(randomBytes(10)))
    expect((await fsyncsCounted()) - before).toBe(2)
  })

  it.each([
    ['another size', { size: 6 }],
    ['a larger size', { size: 4 }],
    ['another digest', { sha256: sha256(Buffer.from('other')) }],
    ['another digest in the right size', { size: 5, sha256: '0'.repeat(64) }],
  ])('is nothing where %s was declared', async (_, expected) => {
    await expectRefused(fromParts([Buffer.from('12345')]), expected, 'digest_mismatch')
  })

  it('is what was declared, where that is right', async () => {
    const content = Buffer.from('12345')
    const stored = { size: 5, sha256: sha256(content) }
    expect(await files.put(newKey(), fromParts([content]), stored)).toEqual(stored)
  })

  it('may be as large as the limit and not one byte larger', async () => {
    const content = randomBytes(1_000_001)
    await files.put(newKey(), chunks(content.subarray(1)))
    await expectRefused(chunks(content), {}, 'too_large')
    await expectRefused(chunks(content.subarray(0, 101)), { maxBytes: 100 }, 'too_large')
    await expectRefused(chunks(content), { maxBytes: 2_000_000 }, 'too_large')
  })

  it('is refused before its first byte where the declared size is over the limit', async () => {
    let asked = false
    const source = (async function* () {
      asked = true
      yield Buffer.from('x')
    })()
    await expectRefused(source, { size: 1_000_001 }, 'too_large')
    expect(asked).toBe(false)
  })

  it('is never empty', async () => {
    await expectRefused(fromParts([]), {}, 'invalid')
    await expectRefused(fromParts([Buffer.alloc(0)]), { size: 0 }, 'invalid')
  })

  it('is nothing where the client goes away, which is no error of the storage', async () => {
    const failure = new Error('the client has gone')
    await expect(files.put(newKey(), fromParts([Buffer.from('x')], failure))).rejects.toBe(failure)
    expect(await everything()).toEqual([])
    expect(await errorsCounted()).toEqual({})
  })

  it.each([
    '1/submitted/ab/notauuid',
    '1/other/ab/0f0e0d0c-0000-4000-8000-000000000000',
    '-1/submitted/0f/0f0e0d0c-0000-4000-8000-000000000000',
    '1/submitted/0f/0F0E0D0C-0000-4000-8000-000000000000',
    '1/submitted/0f/0f0e0d0c-0000-4000-8000-000000000000\n',
    '1/submitted/../0f0e0d0c-0000-4000-8000-000000000000',
    '../1/submitted/0f/0f0e0d0c-0000-4000-8000-000000000000',
  ])('has no key like %j', async (key) => {
    const stored = { size: 1, sha256: sha256(Buffer.from('x')) }
    const refused = { code: 'invalid' }
    await expect(files.put(key, fromParts([Buffer.from('x')]))).rejects.toMatchObject(refused)
    await expect(files.open(key, stored)).rejects.toMatchObject(refused)
    await expect(files.delete(key)).rejects.toMatchObject(refused)
    await expect(files.adopt(key, '/etc/hostname')).rejects.toMatchObject(refused)
    await expect(files.linkTo(key)).rejects.toMatchObject(refused)
  })
})

describe('what is read', () => {
  let key: string
  let stored: Stored
  const content = randomBytes(500_000)

  beforeEach(async () => {
    key = newKey()
    stored = await files.put(key, chunks(content))
  })

  it('is what was stored, and counted', async () => {
    expect((await bytesOf(await files.open(key, stored))).equals(content)).toBe(true)
    expect((await metrics.bytesSent.get()).values[0]?.value).toBe(500_000)
  })

  it('may be given up at any time, which frees the file and is no error', async () => {
    const held = async () => (await readdir('/proc/self/fd')).length
    const before = await held()
    for (let round = 0; round < 20; round++) {
      const unread = await files.open(key, stored)
      unread.destroy()
      const begun = await files.open(key, stored)
      for await (const _ of begun) break
      await expect(files.open(key, { ...stored, size: 1 })).rejects.toMatchObject({ code: 'damaged' })
    }
    await expect.poll(held).toBeLessThanOrEqual(before)
    expect(await errorsCounted()).toEqual({ 'open damaged': 20 })
  })

  describe('when it was damaged', () => {
    const path = () => join(root, key)

    it.each([
      ['is cut short', () => truncate(path(), 499_999)],
      ['is emptied', () => truncate(path(), 0)],
      ['has grown', () => appendFile(path(), 'x')],
      ['is gone', () => unlink(path())],
      ['is a folder', () => unlink(path()).then(() => mkdir(path()))],
    ])('fails before the first byte where the file %s', async (_, damage) => {
      await chmod(path(), 0o600)
      await damage()
      await expect(files.open(key, stored)).rejects.toMatchObject({ code: 'damaged' })
      await expect(files.confirm(key, stored)).rejects.toMatchObject({ code: 'damaged' })
      expect(await errorsCounted()).toEqual({ 'open damaged': 1, 'confirm damaged': 1 })
    })

    it.each([0, 250_000, 499_999])('never ends well where byte %i was flipped', async (at) => {
      await flip(path(), at)
      const { bytes, ended, error } = await outcome(await files.open(key, stored))
      expect({ ended, error }).toMatchObject({ ended: false, error: { code: 'damaged' } })
      // Who was told the length must be able to see that something is missing.
      expect(bytes).toBeLessThan(500_000)
      expect(await errorsCounted()).toEqual({ 'open damaged': 1 })
    })

    it('gives no byte of a small file that was changed', async () => {
      const small = newKey()
      const row = await files.put(small, fromParts([Buffer.from('12345')]))
      await flip(join(root, small), 2)
      expect(await outcome(await files.open(small, row))).toMatchObject({ bytes: 0, ended: false })
    })

    it('tells the damage also to who begins to read later', async () => {
      const small = newKey()
      const row = await files.put(small, fromParts([Buffer.from('12345')]))
      await flip(join(root, small), 2)
      const stream = await files.open(small, row)
      await expect.poll(errorsCounted).toEqual({ 'open damaged': 1 })
      await expect(bytesOf(stream)).rejects.toMatchObject({ code: 'damaged' })
    })

    it('never ends well where two files of one size were swapped', async () => {
      const other = newKey()
      const row = await files.put(other, chunks(randomBytes(500_000)))
      await rename(path(), join(root, 'swap'))
      await rename(join(root, other), path())
      await rename(join(root, 'swap'), join(root, other))
      for (const [each, itsRow] of [
        [key, stored],
        [other, row],
      ] as const) {
        expect(await outcome(await files.open(each, itsRow))).toMatchObject({ ended: false })
      }
    })

    it('never ends well where the file is cut while it is read', async () => {
      const long = newKey()
      const big = new FileStore({ driver, metrics, settings: { maxBufferSize: 10_000_000 } })
      const row = await big.put(long, chunks(randomBytes(8_000_000)))
      const stream = await big.open(long, row)
      await truncate(join(root, long), 4_000_000)
      expect(await outcome(stream)).toMatchObject({ ended: false, error: { code: 'damaged' } })
    })
  })

  describe('a moment after it was read and found right', () => {
    const path = () => join(root, key)
    let now: number
    let reading: FileStore

    beforeEach(async () => {
      now = 0
      reading = new FileStore({ driver, settings: { maxBufferSize: 10_000_000 }, metrics, now: () => now })
      // A file system counts time in steps of some milliseconds.
      await sleep(20)
      await expectRemembered(key, stored)
    })

    async function expectRemembered(...file: [string, Stored]) {
      for (const at of [0, 3_000, 3_000]) {
        now = at
        expect(await outcome(await reading.open(...file))).toMatchObject({ ended: true })
      }
    }

    it('never ends well where it was changed, even with its old time', async () => {
      const { atime, mtime } = await stat(path())
      await flip(path(), 1000)
      await utimes(path(), atime, mtime)
      expect(await outcome(await reading.open(key, stored))).toMatchObject({ ended: false })
    })

    it('never ends well where another file of its size and times was put in its place', async () => {
      const { atime, mtime } = await stat(path())
      await writeFile(join(root, 'other'), randomBytes(500_000))
      await utimes(join(root, 'other'), atime, mtime)
      await rename(join(root, 'other'), path())
      expect(await outcome(await reading.open(key, stored))).toMatchObject({ ended: false })
    })

    it('never ends well where the row tells of another file', async () => {
      const wrong = { ...stored, sha256: sha256(Buffer.from('another')) }
      expect(await outcome(await reading.open(key, wrong))).toMatchObject({ ended: false })
    })

    it('never ends well where it changes while it is read again', async () => {
      const long = newKey()
      const row = await reading.put(long, chunks(randomBytes(8_000_000)))
      await sleep(20)
      await expectRemembered(long, row)
      const stream = await reading.open(long, row)
      await flip(join(root, long), 7_999_000)
      const { bytes, ended, error } = await outcome(stream)
      expect({ ended, error }).toMatchObject({ ended: false, error: { code: 'damaged' } })
      expect(bytes).toBeLessThan(8_000_000)
    })
  })
})

describe('the store', () => {
  it('lists only what the service stored and never touches what lies beside it', async () => {
    const key = newKey()
    await files.put(key, fromParts([Buffer.from('x')]))
    await writeFile(join(root, 'README'), 'of the operator')
    await symlink('/etc', join(root, 'link'))
    await mkdir(join(root, 'lost+found'))
    expect(await everything()).toEqual([key])
    expect(await files.reap()).toBe(0)
    expect((await readdir(root)).sort()).toEqual(['1', 'README', 'link', 'lost+found', 'partial'])
  })

  it('tells the free space and remembers it for the metrics', async () => {
    const { freeBytes } = await files.check()
    expect((await metrics.freeBytes.get()).values[0]?.value).toBe(freeBytes)
  })
})

describe('files that were verified', () => {
  let now: number
  let verified: VerifiedFiles
  beforeEach(() => {
    now = 0
    verified = new VerifiedFiles(() => now)
  })
  const isVerified = (key: string, state?: string) => verified.look(key, state).isVerified
  const readAt = (at: number, key: string, state?: string) => {
    now = at
    verified.look(key, state).remember()
  }

  it('count for a minute, and only as they were', () => {
    for (const at of [0, 2_000]) readAt(at, '1/a', 'as it was')
    expect(isVerified('1/a', 'as it was')).toBe(true)
    expect(isVerified('1/b', 'as it was')).toBe(false)
    now = 62_000
    expect(isVerified('1/a', 'as it was')).toBe(false)
    readAt(62_000, '1/a', 'as it was')
    expect(isVerified('1/a', 'as it was')).toBe(true)
    expect(isVerified('1/a', 'changed')).toBe(false)
    expect(isVerified('1/a', 'as it was')).toBe(false)
  })

  it('do not count where they were read so soon after a change that a second one may hide in it', () => {
    for (const at of [0, 0, 1_999]) readAt(at, '1/a', 'as it was')
    expect(isVerified('1/a', 'as it was')).toBe(false)
    readAt(2_000, '1/a', 'as it was')
    expect(isVerified('1/a', 'as it was')).toBe(true)
  })

  it('never count where the storage cannot tell whether they changed', () => {
    for (const at of [0, 2_000]) readAt(at, '1/a')
    expect(isVerified('1/a')).toBe(false)
  })

  it('are a thousand at most: the oldest is forgotten', () => {
    for (const at of [0, 2_000]) for (let index = 0; index < 1000; index++) readAt(at, `1/${index}`, 'x')
    expect([isVerified('1/0', 'x'), isVerified('1/1', 'x')]).toEqual([true, true])
    readAt(2_000, '1/1000', 'x')
    expect([isVerified('1/1', 'x'), isVerified('1/0', 'x')]).toEqual([true, false])
  })
})

describe('the filesystem driver', () => {
  it('makes files that nobody can write to, at the path that is the key', async () => {
    const key = newKey()
    await driver.put(key, fromParts([Buffer.from('x')]))
    const status = await stat(join(root, key))
    expect((status.mode & 0o777).toString(8)).toBe('440')
    expect(status.nlink).toBe(1)
    expect(await readdir(join(root, 'partial'))).toEqual([])
  })

  it('writes to a private file in partial/ until the end', async () => {
    await driver.put(
      newKey(),
      (async function* () {
        yield randomBytes(2_000_000)
        yield Buffer.from('x')
        const [name = ''] = await readdir(join(root, 'partial'))
        const status = await stat(join(root, 'partial', name))
        expect((status.mode & 0o777).toString(8)).toBe('600')
        expect(name).toContain(`-${process.pid}-`)
        expect(await readdir(root)).toEqual(['partial'])
      })(),
    )
  })

  it('makes folders that others cannot look into', async () => {
    await driver.put('1/submitted/aa/x', fromParts([Buffer.from('x')]))
    for (const folder of ['partial', '1', '1/submitted', '1/submitted/aa']) {
      const { mode } = await stat(join(root, folder))
      expect([folder, (mode & 0o027).toString(8)]).toEqual([folder, '0'])
    }
  })

  it('makes a removal durable also where the file is gone: an earlier one may have failed just before that', async () => {
    const key = newKey()
    await driver.put(key, fromParts([Buffer.from('x')]))
    for (let round = 0; round < 2; round++) {
      const before = await fsyncsCounted()
      await driver.delete(key)
      expect((await fsyncsCounted()) - before).toBe(1)
    }
  })

  it.each([
    ['ENOSPC', 'storage_full'],
    ['EDQUOT', 'storage_full'],
    ['EROFS', 'unavailable'],
    ['EMFILE', 'unavailable'],
    ['ENFILE', 'unavailable'],
    ['EIO', 'EIO'],
  ])('takes %s of the system for %s', (errno, code) => {
    const error = Object.assign(new Error('as the system says'), { code: errno })
    expect(translateDiskError(error)).toMatchObject({ code })
  })

  it('keeps its own folders for itself', async () => {
    for (const key of ['partial/x', 'lost+found/x', 'partial']) {
      await expect(driver.put(key, fromParts([]))).rejects.toMatchObject({ code: 'invalid' })
      await expect(driver.get(key)).rejects.toMatchObject({ code: 'invalid' })
    }
  })

  it('does not follow a link that lies where a file should be', async () => {
    const key = newKey()
    await driver.put(key, fromParts([Buffer.from('x')]))
    await unlink(join(root, key))
    await symlink('/etc/hostname', join(root, key))
    await expect(driver.get(key)).rejects.toThrow()
    await expect(driver.put(key, fromParts([]))).rejects.toMatchObject({ code: 'conflict' })
  })

  it('makes its folders anew where somebody removed them', async () => {
    await driver.put(newKey(), fromParts([Buffer.from('x')]))
    await rm(root, { recursive: true })
    const key = newKey()
    await driver.put(key, fromParts([Buffer.from('y')]))
    expect(await bytesOf((await driver.get(key)).stream)).toEqual(Buffer.from('y'))
  })

  it('keeps partial files of other hosts for a day', async () => {
    await driver.check()
    const foreign = join(root, 'partial', 'elsewhere.1-12-abc_1-0f0e0d0c-0000-4000-8000-000000000000')
    await writeFile(foreign, 'x')
    expect(await driver.reap()).toBe(0)
    const old = async (hours: number) => {
      const at = Date.now() / 1000 - hours * 3600
      await utimes(foreign, at, at)
    }
    await old(23)
    expect(await driver.reap()).toBe(0)
    await old(24.1)
    expect(await driver.reap()).toBe(1)
    expect(await readdir(join(root, 'partial'))).toEqual([])
  })
})

async function createOnDisk() {
  const folder = await mkdtemp(join(tmpdir(), 'nbexchange-storage-'))
  const ownMetrics = createMetrics()
  const place = join(folder, 'not', 'there', 'yet')
  return {
    root: place,
    metrics: ownMetrics,
    driver: createStorage({ kind: 'filesystem', root: place }, { metrics: ownMetrics }),
    cleanup: () => rm(folder, { recursive: true }),
  }
}

async function expectRefused(
  source: AsyncIterable<Buffer>,
  expected: { size?: number; sha256?: string; maxBytes?: number },
  code: string,
) {
  const before = await everything()
  await expect(files.put(newKey(), source, expected)).rejects.toMatchObject({ code })
  expect(await everything()).toEqual(before)
  expect(await readdir(join(root, 'partial')).catch(() => [])).toEqual([])
}

async function everything(): Promise<string[]> {
  const keys: string[] = []
  for await (const file of files.list('')) keys.push(file.key)
  return keys
}

/** `{'open damaged': 1}`: how often each operation failed and with which code. */
async function errorsCounted(): Promise<Record<string, number>> {
  const { values } = await metrics.storageErrors.get()
  return Object.fromEntries(values.map(({ labels, value }) => [`${labels.operation} ${labels.code}`, value]))
}

async function fsyncsCounted(): Promise<number> {
  const { values } = await metrics.fsyncSeconds.get()
  return values.find(({ metricName }) => metricName?.endsWith('_count'))?.value ?? 0
}

async function flip(path: string, at: number): Promise<void> {
  await chmod(path, 0o600)
  const handle = await open(path, 'r+')
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at)
  await handle.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, at)
  await handle.close()
}

/** What a reader sees of a stream: how many bytes, whether it ended normally, and the error. */
async function outcome(stream: Readable) {
  let bytes = 0
  let ended = false
  stream.on('end', () => {
    ended = true
  })
  try {
    for await (const chunk of stream) bytes += chunk.length
    return { bytes, ended, error: undefined }
  } catch (error) {
    return { bytes, ended, error }
  }
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
