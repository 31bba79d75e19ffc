import { formatTimestamp } from '../../exchange/timestamps.ts'

/**
 * A name as one part of a path that every system takes: what means something to a file system is written `%XX`,
 * so that two names never meet. Folders of ours begin with `=`, which no name then does.
 */
export function readableName(name: string): string {
  const safe = name.replace(/[%/\\:*?"<>|=\p{Cc}]/gu, encode)
  const whole = safe.replace(/^\.+$|[. ]$|^ /, (end) => [...end].map(encode).join(''))
  return whole === '' ? '%' : whole
}

/** An instant as part of a path, in UTC and to the microsecond: `20260731T101112.000000Z`; in the order of time by name, too. */
export function readableTime(at: number): string {
  return formatTimestamp(at).replace(' UTC', 'Z').replaceAll(/[-:]/g, '').replace(' ', 'T')
}

function encode(character: string): string {
  return [...Buffer.from(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
}
