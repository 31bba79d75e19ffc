import type * as Sdk from '@aws-sdk/client-s3'

export interface S3Options {
  bucket: string
  /** Stands before every key; empty, or ends with a slash. */
  prefix: string
  /** The URL of the server; undefined: that of AWS for the region. */
  endpoint: string | undefined
  region: string
  /** The bucket stands in the path of URLs, not in the name of the host. */
  forcePathStyle: boolean
  /** undefined: whatever the SDK finds (AWS_ variables, a web identity, the role of the machine), renewed as it says. */
  credentials: S3Credentials | undefined
  /** Whether clients may be given URLs of the store, which they must be able to reach. */
  signedDownloads: boolean
}

export interface S3Credentials {
  accessKeyId: string
  secretAccessKey: string
}

/** The SDK with a client of it, and where our files are. */
export interface S3 {
  sdk: typeof Sdk
  client: Sdk.S3Client
  bucket: string
  prefix: string
}

/** The first try and three more, with growing random pauses between them (the SDK's `standard` mode). */
const ATTEMPTS = 4
const CONNECT_MS = 5_000
/** For one request up to its answer, and for silence on a connection: a part of 5 MiB at 180 kB/s. */
const REQUEST_MS = 30_000
/** A slow reader keeps its connection to the storage; the SDK's 50 would be used up by one class. */
const CONNECTIONS = 500

/** Loads the SDK, which nobody else needs, and makes a client; sends nothing yet. */
export async function openS3(options: S3Options): Promise<S3> {
  const sdk = await import('@aws-sdk/client-s3')
  const { bucket, prefix, endpoint, region, forcePathStyle, credentials } = options
  const agent = { keepAlive: true, maxSockets: CONNECTIONS }
  const client = new sdk.S3Client({
    region,
    forcePathStyle,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials: { ...credentials } }),
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      socketTimeout: REQUEST_MS,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
    // Every body is a buffer whose sha256 is part of the signature, which every server verifies. The newer
    // checksum headers are known to AWS and few others.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return { sdk, client, bucket, prefix }
}
