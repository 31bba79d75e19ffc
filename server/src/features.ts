/**
 * What this service can do that another version may not: clients ask for the word before they use it. Words are added,
 * and never change their meaning. `GET me` and `{baseUrl}` tell them.
 */
export const FEATURES = [
  /** Many feedback files in one request. */
  'feedback_batch',
  /** A repeated upload with the same `Idempotency-Key` gets the first answer. */
  'idempotency_key',
  /** Refusals carry `reason` and `params`. */
  'reasons',
] as const
