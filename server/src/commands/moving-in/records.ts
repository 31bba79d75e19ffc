import type { Action } from '../../db/schema/log.ts'
import type { FileKind } from '../../exchange/keys.ts'

/**
 * What another exchange holds, in our words and without its numbers: things point to each other by name. Times
 * are microseconds since 1970 UTC. `origin` is what the thing is called in its source, the same in every run, and
 * is what makes an import repeatable; its first line is for people.
 */
export interface Holdings {
  users: readonly SourceUser[]
  courses: readonly SourceCourse[]
  members: readonly SourceMember[]
  assignments: readonly SourceAssignment[]
  /** Releases, submissions and feedback, each kind in the order in which it came to be. */
  files: readonly SourceFile[]
  /** In the order in which they happened. */
  actions: readonly SourceAction[]
  /** What is broken in the source, and is left there. */
  skipped: readonly Skipped[]
}

export interface SourceUser {
  orgId: number
  name: string
  fullName: string | null
  email: string | null
  lmsUserId: string | null
}

export interface SourceCourse {
  orgId: number
  code: string
  title: string | null
}

export interface SourceMember {
  origin: string
  orgId: number
  course: string
  user: string
  role: string
}

export interface SourceAssignment {
  orgId: number
  course: string
  code: string
  released: boolean
}

interface FileOf {
  origin: string
  orgId: number
  course: string
  assignment: string
  /** Who released it or handed it in. */
  by: string
  at: number
  bytes: SourceBytes
}

export interface SourceRelease extends FileOf {
  kind: Extract<FileKind, 'released'>
  notebooks: readonly string[]
}

export interface SourceSubmission extends FileOf {
  kind: Extract<FileKind, 'submitted'>
  /** The label, byte for byte, and the instant that it names. */
  label: string
  statedAt: number
  notebooks: readonly string[]
}

export interface SourceFeedback extends FileOf {
  kind: Extract<FileKind, 'feedback'>
  student: string
  label: string
  statedAt: number
  notebook: string
  checksum: string | null
}

export type SourceFile = SourceRelease | SourceSubmission | SourceFeedback

/** Where the bytes are: a file as it is, or files that become one archive. */
export type SourceBytes = { path: string } | { archive: readonly ArchiveMember[] }

export interface ArchiveMember {
  /** The name in the archive, with `/` between folders. */
  name: string
  path: string
}

export interface SourceAction {
  origin: string
  orgId: number
  course: string
  assignment: string
  user: string
  student: string | null
  action: Action
  at: number
  /** `origin` of the file that it is about. */
  file: string | null
}

export interface Skipped {
  /** What it is called in the source: `action 12`. */
  origin: string
  /** Why it is left, in one line. */
  reason: string
  location?: string | undefined
}
