import type { S3ServiceException } from '@aws-sdk/client-s3'
import { ExchangeError } from '../errors.ts'
import { errnoOf } from './disk-errors.ts'

/** What the server called its refusal, such as `NoSuchKey`; undefined where no server has answered. */
export function refusalOf(error: unknown): { name: string; status: number } | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  const { name, $metadata } = error as S3ServiceException
  return $metadata.httpStatusCode === undefined ? undefined : { name, status: $metadata.httpStatusCode }
}

export function isMissingObject(error: unknown): boolean {
  const { name = '', status } = refusalOf(error) ?? {}
  // A missing bucket is the operator's mistake, not a missing file. HEAD answers have no body that could tell.
  return name !== 'NoSuchBucket' && (status === 404 || ['NoSuchKey', 'NotFound'].includes(name))
}

/** Whether the server does not know the header that keeps a file from being replaced. */
export function isNotImplemented(error: unknown): boolean {
  const { name, status } = refusalOf(error) ?? {}
  return status === 501 || name === 'NotImplemented'
}

const TAKEN = ['PreconditionFailed', 'ConditionalRequestConflict']

/** Whether the server has refused to replace an object. */
export function isTaken(error: unknown): boolean {
  const { name = '', status } = refusalOf(error) ?? {}
  return status === 412 || TAKEN.includes(name)
}

/** What is told of a key under which something else is stored. */
export function takenKey(cause: unknown): ExchangeError {
  return new ExchangeError('file_exists', {}, { cause })
}

const FULL = /quota|storagefull|insufficientstorage|nospace/i
/** Of Node and the SDK, for a server that cannot be reached or does not answer; others are defects of ours. */
const NETWORK = /^(E(CONN|PIPE|HOST|NET|AI_|NOTFOUND|TIMEDOUT|PROTO)|ERR_(SSL|TLS)|TimeoutError|CERT_)/

/** What the contract of drivers says of an error; all that nobody foresaw stays as it is. */
export function translateS3Error(error: unknown): unknown {
  const refusal = refusalOf(error)
  if (!refusal)
    return isNetworkError(error) ? new ExchangeError('storage_unreachable', {}, { cause: error }) : error
  const { name, status } = refusal
  if (isTaken(error)) return takenKey(error)
  if (status === 507 || FULL.test(name)) {
    return new ExchangeError('storage_full', {}, { cause: error })
  }
  if (status >= 500 || status === 429) return new ExchangeError('storage_overloaded', {}, { cause: error })
  if ([401, 403].includes(status) || name === 'NoSuchBucket' || /token|clock|time/i.test(name)) {
    return new ExchangeError('storage_closed', {}, { cause: error })
  }
  return error
}

function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (
    NETWORK.test(errnoOf(error) ?? '') || NETWORK.test(error.name) || /^CredentialsProvider/.test(error.name)
  )
}

/** Runs `work` and throws what it throws, translated. */
export async function translatedS3<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translateS3Error(error)
  }
}
