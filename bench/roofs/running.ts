/** A roof that answers. */
export interface Running {
  /** With a slash at the end. */
  url: string
  pid: number
  stop(): void
}
