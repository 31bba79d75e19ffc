#!/usr/bin/env -S node --max-semi-space-size=4
/**
 * The flag above keeps the space for young objects small. Each chunk of a file on its way is a young object with 64 KiB behind it:
 * with room for many, they are only cleared away together with everything old, which costs a third of the processor and 50 MB.
 *
 * Nothing is loaded before the version is known to do: an old Node would stumble over something of ours, and blame that.
 */

/** Major and minor version; `engines` in package.json says the same. */
const OLDEST = [22, 19] as const

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
  import('./program.ts')
} else {
  process.stderr.write(
    `nbexchange needs Node ${OLDEST.join('.')} or later, and this is Node ${process.versions.node}: install a newer one, and start nbexchange with that.\n`,
  )
  process.exitCode = 1
}

export {}
