import { readFileSync } from 'node:fs'

const manifest: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)

/** The version of this service: that of the package, which stands beside `src/` and `dist/`. */
export const VERSION: string = manifest.version
