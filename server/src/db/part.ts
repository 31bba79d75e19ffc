/** What part of the house is meant; whatever is left out counts as all. */
export interface Part {
  orgId?: number | undefined
  course?: string | undefined
  assignment?: string | undefined
  /** A user's name. */
  student?: string | undefined
}
