/**
 * A file on its way in. `source` ends normally only when the whole request body has arrived as declared;
 * a cut or malformed body makes it throw, so that nothing is stored.
 */
export interface Upload {
  source: AsyncIterable<Buffer>
  /** Bytes, where the client declared them. */
  size?: number
  /** Lower-case hex, where the client declared it. */
  sha256?: string
}
