import type { Metrics } from '../metrics.ts'
import type { StorageDriver } from './driver.ts'
import { createFilesystemDriver } from './filesystem.ts'
import { createS3Driver } from './s3.ts'
import type { S3Options } from './s3-client.ts'

/** Which driver keeps the files, and that driver's own options; `root` is the folder that holds everything. */
export type StorageOptions = { kind: 'filesystem'; root: string } | ({ kind: 's3' } & S3Options)

/** The driver that `options` names; it touches nothing until it is used. */
export function createStorage(options: StorageOptions, { metrics }: { metrics: Metrics }): StorageDriver {
  switch (options.kind) {
    case 'filesystem':
      return createFilesystemDriver({ root: options.root, metrics })
    case 's3':
      return createS3Driver(options)
  }
}
