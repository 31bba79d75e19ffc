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

interface Place {
  endpoint: string
  bucket: string
  accessKeyId: string
  secretAccessKey: string
}

/** The S3 server that `TEST_S3_URL` names (`http://KEY:SECRET@HOST:PORT/BUCKET`, an empty bucket), else one of our own. */
export async function startS3(): Promise<S3TestServer> {
  const given = process.env.TEST_S3_URL
  if (!given) return startOwn()
  const { origin, username, password, pathname } = new URL(given)
  const place = {
    endpoint: origin,
    bucket: pathname.slice(1),
    accessKeyId: username,
    secretAccessKey: decodeURIComponent(password),
  }
  return serverAt(place, async () => {})
}

/** A real S3 server (versitygw, built when first needed) over a temporary folder, on a free port. */
async function startOwn(): Promise<S3TestServer> {
  const program = await promisify(execFile)(join(REPOSITORY, 'scripts/s3-server'))
  const folder = await mkdtemp(join(tmpdir(), 'nbexchange-s3-'))
  // Extended attributes are not known to every filesystem that /tmp may be: they go to a folder of their own.
  for (const name of ['files', 'files/exchange', 'attributes']) await mkdir(join(folder, name))
  const port = await freePort()
  const place = {
    endpoint: `http://127.0.0.1:${port}`,
    bucket: 'exchange',
    accessKeyId: 'nbexchange',
    secretAccessKey: 'only-for-tests',
  }
  const child = spawn(
    program.stdout.trim(),
    [
      ...['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive'],
      ...['--access', place.accessKeyId, '--secret', place.secretAccessKey],
      ...['posix', '--sidecar', join(folder, 'attributes'), join(folder, 'files')],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  await untilReady(() => fetch(place.endpoint))
  return serverAt(place, async () => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    await rm(folder, { recursive: true, force: true })
  })
}

function serverAt(place: Place, stop: () => Promise<void>): S3TestServer {
  const { bucket, endpoint, ...credentials } = place
  const options = { endpoint, region: 'us-east-1', forcePathStyle: true, credentials }
  return {
    endpoint,
    stop,
    options: (prefix, through = endpoint) => ({
      kind: 's3',
      ...options,
      bucket,
      prefix,
      endpoint: through,
      signedDownloads: true,
    }),
    settings: (prefix) => ({
      NBEX_STORAGE: 's3',
      NBEX_S3_BUCKET: bucket,
      NBEX_S3_PREFIX: prefix,
      NBEX_S3_ENDPOINT: endpoint,
      NBEX_S3_ACCESS_KEY_ID: credentials.accessKeyId,
      NBEX_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
    async unfinishedUploads(prefix) {
      const client = new S3Client(options)
      const listing = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix })
      const { Uploads = [] } = await client.send(listing)
      client.destroy()
      return Uploads.length
    },
  }
}
