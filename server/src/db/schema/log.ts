import type { Generated } from 'kysely'

/** What clients of nbexchange 1.x and 2.x know; they are shown nothing else. */
export const OLD_ACTIONS = [
  'released',
  'fetched',
  'submitted',
  'collected',
  'feedback_released',
  'feedback_fetched',
  'removed',
  'restored',
  'purged',
] as const

/** Every word of the log. */
export const ACTIONS = [
  ...OLD_ACTIONS,
  'dates_set',
  'extension_granted',
  'extension_withdrawn',
  'accepted',
  'acceptance_withdrawn',
  'course_closed',
  'course_reopened',
  'roster_changed',
  'token_made',
  'token_withdrawn',
  'user_renamed',
] as const

export type Action = (typeof ACTIONS)[number]

/**
 * Append only: who (`user_id`) did what to what, when, and whose work it was (`student_id`). Holds no name and
 * no reason that a person wrote, so that it can be sealed, and stays whole when somebody is renamed or erased.
 */
export interface ActionsTable {
  id: Generated<number>
  org_id: number
  /** Null for what belongs to no course: `user_renamed`. */
  course_id: number | null
  /** Null for what belongs to no assignment or to all of the course. */
  assignment_id: number | null
  /** Null where a command or a sync did it; `detail.by` says which. */
  user_id: number | null
  student_id: number | null
  action: Action
  at: number
  release_id: string | null
  submission_id: string | null
  feedback_id: string | null
  /** The token that did it in its maker's name. */
  token_id: number | null
  /** A JSON object of ids, dates and words of ours. */
  detail: string | null
}

/** Secrets of our own making, each known by its hash alone: tokens for programs and keys of calendars. */
export interface CredentialsTable {
  id: Generated<number>
  org_id: number
  kind: 'token' | 'calendar'
  /** Its maker, in whose name it acts. */
  user_id: number
  /** The one course of a token; null for a calendar. */
  course_id: number | null
  /** What its maker calls it. */
  name: string | null
  /** SHA-256 of the secret, in hex. */
  secret_sha256: string
  access: 'read' | 'write'
  made_at: number
  expires_at: number | null
  /** When it was last used, roughly. */
  used_at: number | null
  /** When it was withdrawn, or a sign-in showed that its maker teaches the course no more. */
  ended_at: number | null
  /** Who withdrew it; null where nobody did. */
  ended_by: number | null
  ended_why: string | null
}

/** Append only: what the log was, to a row, at some time. Points to no row, so that it can name one that is gone. */
export interface SealsTable {
  id: Generated<number>
  /** The last row that it covers; it begins behind that of the seal before. */
  last_action_id: number
  /** How many rows. */
  actions: number
  /** SHA-256, in hex, of those rows in their order and of the digest of the seal before. */
  digest: string
  /** The compact JWS of it. */
  signature: string
  /** The `publicUrl` of the service that sealed. */
  issuer: string
  sealed_at: number
}

/** Every key that ever signed here, so that old receipts can be checked for ever. */
export interface PublicKeysTable {
  /** The thumbprint, which receipts and seals name. */
  kid: string
  /** JSON. */
  jwk: string
  made_at: number
}

/** Keys that were made here because the settings have none. In no backup. */
export interface SigningKeysTable {
  kid: string
  /** PKCS 8, PEM. */
  private_key: string
  made_at: number
}
