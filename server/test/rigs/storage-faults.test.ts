import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cleanUp } from '../../../torture/clean-up.ts'
import { Faults, faultfsLibrary } from '../../../torture/faultfs.ts'
import { leftOut, NotHere, needPrograms } from '../../../torture/programs.ts'
import { scratchFolder } from '../../../torture/scratch.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { StorageDriver } from '../../src/storage/driver.ts'
import { FileStore } from '../../src/storage/file-store.ts'
import { createStorage } from '../../src/storage/index.ts'
import { bytesOf, chunks, fromParts, newKey } from '../conformance/storage.ts'

const MIB = 1024 * 1024
const noMount = leftOut(needMounts)
const noFaults = leftOut(() => needPrograms({ gcc: 'build-essential' }))

afterAll(cleanUp)

describe.skipIf(noMount)('a disk of 4 MiB', () => {
  let disk: TestDisk

  beforeEach(async () => {
    disk = await mountDisk('size=4m')
  })
  afterEach(() => disk.unmount())

  it('that is full refuses files, keeps nothing of them, goes on serving, and takes files when there is space', async () => {
    const { files, root } = disk
    const first = { key: newKey(), content: randomBytes(3 * MIB) }
    const stored = await files.put(first.key, chunks(first.content))
    for (let round = 0; round < 3; round++) {
      const refused = files.put(newKey(), chunks(randomBytes(2 * MIB)))
      await expect(refused).rejects.toMatchObject({ code: 'storage_full', cause: { code: 'ENOSPC' } })
      expect(await readdir(join(root, 'partial'))).toEqual([])
      expect(await keysIn(files)).toEqual([first.key])
      expect((await bytesOf(await files.open(first.key, stored))).equals(first.content)).toBe(true)
    }
    await files.delete(first.key)
    await files.put(newKey(), chunks(randomBytes(3 * MIB)))
  })

  it('is full wherever in a file it becomes so: every size is stored whole or not at all', async () => {
    const { files, root } = disk
    const free = async () => (await files.check()).freeBytes ?? 0
    await files.put(newKey(), chunks(randomBytes(MIB)))
    const space = await free()
    for (const size of [space - 8192, space - 1, space, space + 1, space + 4096, space + MIB]) {
      const key = newKey()
      const content = randomBytes(size)
      const result = await files.put(key, chunks(content, 10_000)).catch((error) => error)
      if (result instanceof Error) {
        expect(result).toMatchObject({ code: 'storage_full' })
        expect(await keysIn(files)).not.toContain(key)
      } else {
        expect((await bytesOf(await files.open(key, result))).equals(content)).toBe(true)
        await files.delete(key)
      }
      expect(await readdir(join(root, 'partial'))).toEqual([])
    }
    expect(await free()).toBeGreaterThan(space - 64 * 1024)
  })

  it('that is full to the last byte says so when it is checked', async () => {
    await writeFile(join(disk.root, 'ballast'), Buffer.alloc(5 * MIB)).catch(() => {})
    await expect(disk.files.check()).rejects.toMatchObject({ code: 'storage_full' })
    await expect(disk.files.put(newKey(), chunks(randomBytes(100)))).rejects.toMatchObject({
      code: 'storage_full',
    })
    await rm(join(disk.root, 'ballast'))
    await disk.files.check()
    expect(await disk.errorsCounted()).toEqual({ 'check storage_full': 1, 'put storage_full': 1 })
  })

  it('takes no file over by link from another disk, and leaves nothing of the attempt', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'nbexchange-elsewhere-'))
    await writeFile(join(elsewhere, 'x'), 'x')
    expect(await disk.files.adopt(newKey(), join(elsewhere, 'x'))).toBe(false)
    expect(await keysIn(disk.files)).toEqual([])
    await rm(elsewhere, { recursive: true })
  })

  it('that is read-only goes on serving and refuses changes until it can be written again', async () => {
    const { files } = disk
    const key = newKey()
    const content = randomBytes(MIB)
    const stored = await files.put(key, chunks(content))
    disk.remount('ro')
    const unavailable = { code: 'unavailable', cause: { code: 'EROFS' } }
    await expect(files.put(newKey(), chunks(content))).rejects.toMatchObject(unavailable)
    await expect(files.delete(key)).rejects.toMatchObject(unavailable)
    await expect(files.check()).rejects.toMatchObject(unavailable)
    expect((await bytesOf(await files.open(key, stored))).equals(content)).toBe(true)
    expect(await keysIn(files)).toEqual([key])
    disk.remount('rw')
    await files.put(newKey(), chunks(content))
    await files.delete(key)
  })
})

describe.skipIf(noMount)('a disk with no room for more names', () => {
  it('is full too', async () => {
    const disk = await mountDisk('size=4m,nr_inodes=20')
    try {
      const fill = async () => {
        for (;;) await disk.files.put(newKey(), chunks(randomBytes(100)))
      }
      await expect(fill()).rejects.toMatchObject({ code: 'storage_full' })
      await expect(fill()).rejects.toMatchObject({ code: 'storage_full' })
      for (const key of await keysIn(disk.files)) await disk.files.delete(key)
      expect(await readdir(join(disk.root, 'partial'))).toEqual([])
    } finally {
      disk.unmount()
    }
  })
})

describe('a source that fails', () => {
  let root: string
  let driver: StorageDriver

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'nbexchange-faults-'))
    driver = createStorage({ kind: 'filesystem', root }, { metrics: createMetrics() })
  })
  afterEach(() => rm(root, { recursive: true }))

  it('at whichever chunk leaves nothing, in no folder', async () => {
    const parts = Array.from({ length: 40 }, () => randomBytes(100_000))
    for (let at = 0; at <= parts.length; at++) {
      const failure = new Error(`cut at chunk ${at}`)
      await expect(driver.put(newKey(), fromParts(parts.slice(0, at), failure))).rejects.toBe(failure)
    }
    expect(await readdir(root)).toEqual(['partial'])
    expect(await readdir(join(root, 'partial'))).toEqual([])
  })

  it('is told to end where the file is refused', async () => {
    let ended = false
    const source = (async function* () {
      try {
        for (;;) yield randomBytes(MIB)
      } finally {
        ended = true
      }
    })()
    const small = new FileStore({ driver, metrics: createMetrics(), settings: { maxBufferSize: 3 * MIB } })
    await expect(small.put(newKey(), source)).rejects.toMatchObject({ code: 'too_large' })
    expect(ended).toBe(true)
  })
})

describe('a process that dies while it writes', () => {
  let root: string
  let driver: StorageDriver
  let child: ChildProcess

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'nbexchange-faults-'))
    driver = createStorage({ kind: 'filesystem', root }, { metrics: createMetrics() })
    child = spawnWriter(root)
    await partialOfSize(root, 2 * MIB)
  })
  afterEach(async () => {
    await kill(child)
    await rm(root, { recursive: true })
  })

  it('leaves a partial file that is reaped when it is dead and not while it lives', async () => {
    expect(await driver.reap()).toBe(0)
    expect(await keysIn(driver)).toEqual([])
    await kill(child)
    expect(await keysIn(driver)).toEqual([])
    expect(await driver.reap()).toBe(1)
    expect(await driver.reap()).toBe(0)
    expect(await readdir(join(root, 'partial'))).toEqual([])
  })

  it('is not mistaken for a later process that has its number', async () => {
    const partials = join(root, 'partial')
    const [name = ''] = await readdir(partials)
    const earlier = name.replace(/-(\d+)-(\w+)-([0-9a-f-]{36})$/, '-$1-0a0b0c0d_1-$3')
    expect(earlier).not.toBe(name)
    await rename(join(partials, name), join(partials, earlier))
    expect(await driver.reap()).toBe(1)
  })
})

describe.skipIf(noFaults)('a sync that fails once', () => {
  let root: string

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'nbexchange-faults-'))
  })
  afterEach(() => rm(root, { recursive: true }))

  it('of the bytes or of the name leaves no file, neither whole nor partial', async () => {
    const answers = onFailingDisk(
      root,
      `await put('aa/first')
      return [await failing(1, () => put('aa/second')), await failing(2, () => put('aa/third'))]`,
    )
    const failed = { ended: ['EIO'], failed: 1 }
    expect(answers).toEqual([failed, failed])
    expect(await readdir(join(root, '1/submitted/aa'))).toEqual(['first'])
    expect(await readdir(join(root, 'partial'))).toEqual([])
  })

  it('of a new folder is made up for by the next file in it', () => {
    const answers = onFailingDisk(
      root,
      `await put('aa/first')
      const first = await failing(2, () => put('bb/second'))
      const before = await syncs()
      await put('bb/second')
      const again = await syncs()
      await put('bb/third')
      return [first, again - before, (await syncs()) - again]`,
    )
    expect(answers).toEqual([{ ended: ['EIO'], failed: 1 }, 3, 2])
  })

  it('is told to all who wait for it, and the next one begins anew', () => {
    const answers = onFailingDisk(
      root,
      `const directories = new DurableDirectories({ root, metrics })
      const many = () => [1, 2, 3].map(() => directories.sync(root))
      return [await failing(1, many), await failing(9, many)]`,
    )
    expect(answers).toEqual([
      { ended: ['EIO', 'EIO', 'EIO'], failed: 1 },
      { ended: ['done', 'done', 'done'], failed: 0 },
    ])
  })
})

interface TestDisk {
  root: string
  files: FileStore
  remount(mode: 'ro' | 'rw'): void
  unmount(): void
  errorsCounted(): Promise<Record<string, number>>
}

/** A filesystem of its own in memory, with a store on it. */
async function mountDisk(options: string): Promise<TestDisk> {
  const root = await mkdtemp(join(tmpdir(), 'nbexchange-disk-'))
  mount(['-t', 'tmpfs', '-o', options, 'nbexchange-test', root])
  const metrics = createMetrics()
  const driver = createStorage({ kind: 'filesystem', root }, { metrics })
  return {
    root,
    files: new FileStore({ driver, metrics, settings: { maxBufferSize: 100 * MIB } }),
    remount: (mode) => mount(['-o', `remount,${mode}`, root]),
    unmount: () => unmount(root),
    errorsCounted: async () => {
      const { values } = await metrics.storageErrors.get()
      return Object.fromEntries(
        values.map(({ labels, value }) => [`${labels.operation} ${labels.code}`, value]),
      )
    },
  }
}

/** Throws NotHere where this machine does not let us mount. */
function needMounts(): void {
  const root = mkdtempSync(join(tmpdir(), 'nbexchange-disk-'))
  try {
    mount(['-t', 'tmpfs', '-o', 'size=1m', 'nbexchange-test', root])
  } catch (error) {
    rmdirSync(root)
    throw new NotHere(`no full or read-only disk is tested, because mount needs root: ${error}`)
  }
  unmount(root)
}

function mount(words: string[]): void {
  execFileSync('mount', words, { stdio: 'pipe' })
}

function unmount(root: string): void {
  execFileSync('umount', [root], { stdio: 'pipe' })
  rmdirSync(root)
}

const module = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)

/** What a program of a process of its own begins with. */
const withDriver = (root: string) => `
    const { createStorage } = await import(${module('../../src/storage/index.ts')})
    const { createMetrics } = await import(${module('../../src/metrics.ts')})
    const root = ${JSON.stringify(root)}
    const metrics = createMetrics()
    const driver = createStorage({ kind: 'filesystem', root }, { metrics })`

/** A process that puts a file, stops after 2 MiB and waits for its end. */
function spawnWriter(root: string): ChildProcess {
  const script = `${withDriver(root)}
    setInterval(() => {}, 1000)
    await driver.put('1/submitted/aa/x', (async function* () {
      yield Buffer.alloc(${2 * MIB}, 1)
      await new Promise(() => {})
    })())`
  return spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' })
}

/**
 * Runs `body` in a process on a disk that fails; it has `driver`, `metrics`, `put(name)`, and `failing(nth, work)`: how `work` ends
 * whose nth sync fails. Answers what `body` returns.
 */
function onFailingDisk(root: string, body: string): unknown {
  const faults = new Faults(join(scratchFolder(), 'control'))
  const script = `${withDriver(root)}
    const { Faults } = await import(${module('../../../torture/faultfs.ts')})
    const { DurableDirectories } = await import(${module('../../src/storage/durable-directories.ts')})
    const faults = new Faults(process.env.FF_CONTROL)
    const put = (name) => driver.put('1/submitted/' + name, [Buffer.from('x')])
    const ended = (answers) => answers.map(({ reason }) => reason?.code ?? 'done')
    const failing = async (nth, work) => {
      faults.arm({ calls: ['sync'], with: 'EIO', nth })
      const answers = await Promise.allSettled([work()].flat())
      return { ended: ended(answers), failed: faults.disarm() }
    }
    const syncs = async () =>
      (await metrics.fsyncSeconds.get()).values.find(({ metricName }) => metricName.endsWith('_count')).value
    const result = await (async () => { ${body} })()
    process.stdout.write(JSON.stringify(result))`
  const env = { LD_PRELOAD: faultfsLibrary(), FF_PATH: root, FF_CONTROL: faults.file, PATH: process.env.PATH }
  const options = { env, stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'] }
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], options)
  faults.close()
  return JSON.parse(output.toString())
}

async function partialOfSize(root: string, size: number): Promise<void> {
  const partials = join(root, 'partial')
  const largest = async () => {
    const names = await readdir(partials).catch(() => [])
    return Math.max(
      0,
      ...(await Promise.all(names.map(async (name) => (await stat(join(partials, name))).size))),
    )
  }
  await expect.poll(largest).toBe(size)
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function keysIn(store: Pick<StorageDriver, 'list'>): Promise<string[]> {
  const keys: string[] = []
  for await (const file of store.list('')) keys.push(file.key)
  return keys
}
