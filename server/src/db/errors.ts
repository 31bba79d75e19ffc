import { ExchangeError } from '../errors.ts'

/** What the drivers throw, in words that hold for every database. Anything else is a defect and stays itself. */

/** A row with the same key exists. Run again, the transaction sees it. */
export class UniqueViolation extends Error {
  override readonly name = 'UniqueViolation'
}

/** The database gave this transaction up for another one (deadlock, serialization). It may simply run again. */
export class TransactionAborted extends Error {
  override readonly name = 'TransactionAborted'
}

/**
 * The commit failed on its way: nobody knows whether the rows are there, or will be. A lost connection may have carried it
 * over before; a log that could not be synced can bring the rows back after a crash.
 */
export class OutcomeUnknown extends ExchangeError<'outcome_unknown'> {}

export function databaseFull(cause: unknown): ExchangeError {
  return new ExchangeError('database_full', {}, { cause })
}

export function databaseUnavailable(cause: unknown): ExchangeError {
  return new ExchangeError('database_unavailable', {}, { cause })
}
