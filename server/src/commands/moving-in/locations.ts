import { join } from 'node:path'
import { ConfigError } from '../../config/load.ts'

/** Where the old service kept a thing: everything below its storage that its own rules fix. */
export interface Place {
  orgId: number
  kind: 'released' | 'submitted' | 'feedback'
  course: string
  assignment: string
}

/** Locations in the old database and where their files are now. */
export interface Locations {
  /** The path of the file, or why the location cannot be right. */
  find(location: string | null, place: Place): { path: string } | { reason: string }
}

/**
 * `was`: what every location begins with; found out where it is not said. `now`: the same folder as this machine
 * sees it. Throws where the locations have more than one beginning.
 */
export function locationsBelow(
  all: readonly { location: string | null; place: Place }[],
  { now, was }: { now: string; was: string | undefined },
): Locations {
  const roots = was === undefined ? [...rootsOf(all)] : [was.replace(/\/+$/, '')]
  if (roots.length > 1) {
    const shown = roots.slice(0, 5).join(', ')
    throw new ConfigError([
      `--storage-was: the old database names files below ${roots.length} folders (${shown}): say which one is meant`,
    ])
  }
  const [root = now] = roots
  return {
    find(location, place) {
      if (location === null || location === '') return { reason: 'it names no file' }
      if (!location.startsWith(`${root}/`)) return { reason: `its file is not below ${root}` }
      const rest = location.slice(root.length + 1)
      if (rest.split('/').some((segment) => ['', '.', '..'].includes(segment))) {
        return { reason: 'the path of its file leads elsewhere' }
      }
      if (!rest.startsWith(`${beginning(place)}/`)) {
        return { reason: `its file belongs to something else than ${beginning(place)}` }
      }
      return { path: join(now, rest) }
    },
  }
}

function beginning({ assignment, course, kind, orgId }: Place): string {
  return `${orgId}/${kind}/${course}/${assignment}`
}

function rootsOf(all: readonly { location: string | null; place: Place }[]): Set<string> {
  const roots = new Set<string>()
  for (const { location, place } of all) {
    const at = location?.indexOf(`/${beginning(place)}/`) ?? -1
    if (location && at > 0) roots.add(location.slice(0, at))
  }
  return roots
}
