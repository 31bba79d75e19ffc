import type { Metrics } from '../metrics.ts'
import type { StorageDriver } from './driver.ts'
import { createFilesystemDriver } from './filesystem.ts'

/** Which driver keeps the files, and that driver's own options. */
export interface StorageOptions {
  kind: keyof typeof DRIVERS
  /** The folder that holds everything. */
  root: string
}

/** Every storage driver, by the name that the configuration gives it. */
const DRIVERS = {
  filesystem: createFilesystemDriver,
}

/** The driver that `options` names, over `options.root`; touches nothing until it is used. */
export function createStorage(options: StorageOptions, services: { metrics: Metrics }): StorageDriver {
  return DRIVERS[options.kind]({ root: options.root, metrics: services.metrics })
}
