import type { StorageOptions } from '../storage/index.ts'
import type { Settings } from './schema.ts'

/** The options of the chosen driver, from settled settings. */
export function storageOptions(settings: Settings): StorageOptions {
  if (settings.storage === 'filesystem') return { kind: 'filesystem', root: settings.baseStorageLocation }
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } = settings
  return {
    kind: 's3',
    bucket: settings.s3Bucket,
    prefix: settings.s3Prefix,
    endpoint: settings.s3Endpoint || undefined,
    region: settings.s3Region,
    forcePathStyle: settings.s3ForcePathStyle,
    signedDownloads: settings.s3SignedDownloads,
    credentials: accessKeyId === '' ? undefined : { accessKeyId, secretAccessKey },
  }
}
