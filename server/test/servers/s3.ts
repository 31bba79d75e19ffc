import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3'
import type { StorageOptions } from '../../src/storage/index.ts'
import { freePort, untilReady } from './debian.ts'

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))
const S3_ACCESS = { accessKeyId: 'nbexchange', secretAccessKey: 'only-for-tests' }
const BUCKET = 'exchange'

export interface S3TestServer {
  endpoint: string
  /** The driver's options for a bucket on it that exists; another prefix is another, empty place. */
  options(prefix: string, endpoint?: string): Extract<StorageOptions, { kind: 's3' }>
  /** The settings of a service that keeps its files there. */
  settings(prefix: string): Record<string, string>
  /** How many uploads below the prefix were begun and neither finished nor given up. */
  unfinishedUploads(prefix: string): Promise<number>
  stop(): Promise<void>
}

/** A real S3 server (versitygw, built when first needed) over a temporary folder, on a free port. */
export async function startS3(): Promise<S3TestServer> {
  const program = await promisify(execFile)(join(REPOSITORY, 'scripts/s3-server'))
  const folder = await mkdtemp(join(tmpdir(), 'nbexchange-s3-'))
  // Extended attributes are not known to every filesystem that /tmp may be: they go to a folder of their own.
  for (const name of ['files', 'files/exchange', 'attributes']) await mkdir(join(folder, name))
  const port = await freePort()
  const child = spawn(
    program.stdout.trim(),
    [
      ...['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive'],
      ...['--access', S3_ACCESS.accessKeyId, '--secret', S3_ACCESS.secretAccessKey],
      ...['posix', '--sidecar', join(folder, 'attributes'), join(folder, 'files')],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const endpoint = `http://127.0.0.1:${port}`
  await untilReady(() => fetch(endpoint))
  return {
    endpoint,
    options: (prefix, through = endpoint) => ({ ...optionsOf(through), prefix }),
    settings: (prefix) => ({
      NBEX_STORAGE: 's3',
      NBEX_S3_BUCKET: BUCKET,
      NBEX_S3_PREFIX: prefix,
      NBEX_S3_ENDPOINT: endpoint,
      NBEX_S3_ACCESS_KEY_ID: S3_ACCESS.accessKeyId,
      NBEX_S3_SECRET_ACCESS_KEY: S3_ACCESS.secretAccessKey,
    }),
    async unfinishedUploads(prefix) {
      const { bucket: Bucket, credentials, ...options } = optionsOf(endpoint)
      const client = new S3Client({ ...options, endpoint, ...(credentials && { credentials }) })
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: prefix }))
      client.destroy()
      return Uploads.length
    },
    async stop() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function optionsOf(endpoint: string): Extract<StorageOptions, { kind: 's3' }> {
  return {
    kind: 's3',
    bucket: BUCKET,
    prefix: '',
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: S3_ACCESS,
    signedDownloads: true,
  }
}
