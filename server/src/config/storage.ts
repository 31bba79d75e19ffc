import type { StorageOptions } from '../storage/index.ts'
import type { SettingKey, Settings } from './schema.ts'
import type { Given } from './values.ts'

/** The options of the chosen driver, from checked settings. */
export function storageOptions(settings: Settings, root: string): StorageOptions {
  if (settings.storage === 'filesystem') return { kind: 'filesystem', root }
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } = settings
  return {
    kind: 's3',
    bucket: settings.s3Bucket,
    prefix: settings.s3Prefix.replace(/([^/])$/, '$1/'),
    endpoint: settings.s3Endpoint || undefined,
    region: settings.s3Region,
    forcePathStyle: settings.s3ForcePathStyle,
    signedDownloads: settings.s3SignedDownloads,
    credentials: accessKeyId === '' ? undefined : { accessKeyId, secretAccessKey },
  }
}

/** Which settings of the storage do not go together. Each names where the first of them was set, and what to write. */
export function storageDisagreements(
  chosen: ReadonlyMap<SettingKey, Given>,
  place: (given: Given) => string,
): string[] {
  const storage = chosen.get('storage')
  const bucket = setTo(chosen, 's3Bucket')
  const key = setTo(chosen, 's3AccessKeyId')
  const secret = setTo(chosen, 's3SecretAccessKey')
  const mistakes: string[] = []
  if (storage?.value === 's3' && !bucket) mistakes.push(`${place(storage)}: needs s3Bucket beside it`)
  // Otherwise somebody who forgot one word would find the files in a container that is gone tomorrow.
  if (bucket && storage?.value !== 's3') mistakes.push(`${place(bucket)}: needs storage: 's3' beside it`)
  if (key && !secret) mistakes.push(`${place(key)}: needs s3SecretAccessKey beside it`)
  if (secret && !key) mistakes.push(`${place(secret)}: needs s3AccessKeyId beside it`)
  return mistakes
}

function setTo(chosen: ReadonlyMap<SettingKey, Given>, key: SettingKey): Given | undefined {
  const given = chosen.get(key)
  return given?.value === '' ? undefined : given
}
