import { execFileSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cleanUpLater } from './clean-up.ts'
import { NotHere, needPrograms, needRoot } from './programs.ts'
import { scratchFolder } from './scratch.ts'

const MIB = 1024 * 1024
const ATTEMPTS = 10
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`

/** What the disks are made with. Throws NotHere where this machine cannot have them. */
export function needDisks(): void {
  needRoot()
  needPrograms({ 'mkfs.xfs': 'xfsprogs', 'mkfs.ext4': 'e2fsprogs', mount: 'mount', losetup: 'mount' })
}

/**
 * A disk whose power can be cut: an ext4 on a loop device, whose image lies on an XFS that copies files in no time. The copy
 * holds what ext4 had sent to its device at one moment, and nothing of what was only in memory. It is kinder than a disk that also forgets
 * what was sent and not flushed: the order of the system calls (write-order.ts) covers that.
 */
export class CutDisk {
  readonly #xfs: string
  /** Where the disk is mounted. */
  readonly live: string
  /** Where the copy is mounted after `cut`. */
  readonly afterCut: string

  constructor() {
    needDisks()
    const base = scratchFolder()
    this.#xfs = folder(base, 'xfs')
    this.live = folder(base, 'live')
    this.afterCut = folder(base, 'after-cut')
    cleanUpLater(() => this.#unmountAll())
    const image = join(base, 'xfs.img')
    emptyFile(image, 8192)
    run('mkfs.xfs', '-q', '-f', '-m', 'reflink=1', image)
    mountLoop(image, this.#xfs)
  }

  /** A new, empty disk, mounted. */
  format(): void {
    this.#unmount(this.live)
    const image = join(this.#xfs, 'disk.img')
    rmSync(image, { force: true })
    emptyFile(image, 2048)
    run('mkfs.ext4', '-q', '-F', image)
    mountLoop(image, this.live)
  }

  /** Whether the disk is still one: a loop device that fails makes it read-only, and whoever writes to it is not to blame. */
  get isSound(): boolean {
    return isWritable(this.live)
  }

  /** Keeps the disk as it would be if the power failed now. */
  cut(): void {
    run('cp', '--reflink=always', join(this.#xfs, 'disk.img'), join(this.#xfs, 'cut.img'))
  }

  /** The power is back: what was kept, mounted with what ext4 repairs by itself. */
  mountAfterCut(): void {
    mountLoop(join(this.#xfs, 'cut.img'), this.afterCut)
  }

  /** Throws away what was kept. */
  forget(): void {
    this.#unmount(this.afterCut)
    rmSync(join(this.#xfs, 'cut.img'), { force: true })
  }

  #unmountAll(): void {
    for (const place of [this.afterCut, this.live, this.#xfs]) this.#unmount(place)
  }

  #unmount(place: string): void {
    if (!isMounted(place)) return
    try {
      run('umount', place)
    } catch {
      // A child that was killed a moment ago may still hold it: out of the tree now, gone when that is.
      run('umount', '--lazy', place)
    }
  }
}

function folder(base: string, name: string): string {
  const path = join(base, name)
  mkdirSync(path)
  return path
}

function emptyFile(path: string, mebibytes: number): void {
  writeFileSync(path, '')
  truncateSync(path, mebibytes * MIB)
}

/** Mounts it to be written to. A loop device may be read-only, or taken by somebody else, at one moment and not at the next. */
function mountLoop(image: string, place: string): void {
  let reason: unknown
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      run('mount', '--rw', '-o', 'loop', image, place)
      if (isWritable(place)) return
      reason = 'it is read-only'
      run('umount', place)
    } catch (error) {
      reason = error
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  throw new NotHere(`no loop device with ${image} can be mounted: ${String(reason)}`)
}

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function isMounted(place: string): boolean {
  try {
    run('mountpoint', '-q', place)
    return true
  } catch {
    return false
  }
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH } })
}
