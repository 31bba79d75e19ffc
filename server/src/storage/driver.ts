import type { Readable } from 'node:stream'

export interface FileStatus {
  /** Bytes. */
  size: number
  /**
   * Another one after every change that comes at least 2 s after the one before it; absent where the storage cannot tell.
   */
  version?: string | undefined
}

export interface ListedFile {
  key: string
  /** Bytes. */
  size: number
  modifiedAt: Date
}

/**
 * Where files are kept. A driver knows nothing of limits, digests or who owns what: `file-store.ts`, which stands
 * in front of every driver, does. `test/conformance/storage.ts` holds a driver to all that is promised here.
 *
 * A key is one or more non-empty segments joined by `/`, none of them `.` or `..` and none with a NUL. It is
 * compared byte by byte and means nothing. A driver refuses any other key with `invalid`, and may reserve names
 * at the top for itself. Whether a key may also be the folder of another one is undefined; ours never are.
 *
 * Failures of all methods: `storage_full` where there is no space, `unavailable` where the storage cannot be
 * written or reached now, the foreign error itself for everything that nobody foresaw.
 */
export interface StorageDriver {
  /** Where the files are, for people: `the bucket exchange`. Holds no secret. */
  readonly place: string

  /**
   * Stores all that `source` gives. Resolves only when the bytes are durable and visible under `key`; they become
   * visible all at once, and only after `source` has ended normally. On any failure (the source throws, an I/O
   * error) it rejects and leaves nothing behind. A key that exists is never changed: `conflict`, also where
   * two puts of one key race, of which exactly one wins. Memory does not grow with the file.
   *
   * A source may be left unread or ended early (`return()`): whoever made it sees to what is left in it.
   */
  put(key: string, source: AsyncIterable<Buffer>): Promise<void>

  /**
   * The bytes of the file, from the first to the last. An unknown key is `not_found`, before any byte. The caller
   * reads the stream to its end or destroys it; both free all it holds. An I/O error destroys the stream.
   */
  get(key: string): Promise<FileStatus & { stream: Readable }>

  /** What `get` says of the file, without its bytes. An unknown key is `not_found`. */
  stat(key: string): Promise<FileStatus>

  /**
   * Takes the file at `path`, which nobody may change any more, under `key` without copying it, durably; false where
   * that is not possible, as on another disk. `conflict` as in `put`. Absent where the storage is not made of files.
   */
  adopt?(key: string, path: string): Promise<boolean>

  /**
   * A URL that gives the bytes for some minutes to whoever has it, without credentials. Absent where the storage has
   * none, or the operator wants none. Does not look whether the file is there.
   */
  linkTo?(key: string): Promise<string>

  /** Removes the file for good, durably. An unknown key is no error. Reads that have begun may go on or fail. */
  delete(key: string): Promise<void>

  /**
   * Every visible file whose key begins with `prefix` (as a string), in no order, without holding all in memory.
   * What is put or deleted meanwhile may be listed or not.
   */
  list(prefix: string): AsyncIterable<ListedFile>

  /**
   * Removes what puts of dead processes have left, never what a living process is still writing.
   * Answers how many were removed.
   */
  reap(): Promise<number>

  /** A real write, fsync, read and removal; throws where one fails. Free space in bytes, `null` where unknown. */
  check(): Promise<{ freeBytes: number | null }>
}
