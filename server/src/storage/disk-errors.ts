import { ExchangeError } from '../errors.ts'

/** The errno name of a Node error, such as `ENOENT`; undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Whether a path named no file. */
export function isMissing(error: unknown): boolean {
  const errno = errnoOf(error)
  return errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EISDIR'
}

/** A full disk becomes `storage_full`, one that cannot be used now `unavailable`; all others stay themselves. */
export function translateDiskError(error: unknown): unknown {
  switch (errnoOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new ExchangeError('storage_full', {}, { cause: error })
    case 'EROFS':
      return new ExchangeError('storage_read_only', {}, { cause: error })
    case 'EMFILE':
    case 'ENFILE':
      return new ExchangeError('files_too_many', {}, { cause: error })
    default:
      return error
  }
}

/** Runs `work` and throws what it throws, translated. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translateDiskError(error)
  }
}
