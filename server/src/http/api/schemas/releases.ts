import { type Static, Type } from 'typebox'
import type { Release } from '../../../exchange/releases.ts'
import { formatInstant } from '../../../exchange/timestamps.ts'
import { Bytes, Digest, Instant, Notebooks, ref, UserName, Uuid } from './values.ts'

export const ReleaseBody = Type.Object(
  {
    id: Uuid,
    version: Type.Integer({ minimum: 1, description: 'Counts the releases of the assignment' }),
    released_at: Instant,
    released_by: UserName,
    size: Bytes,
    sha256: Digest,
    notebooks: Notebooks,
  },
  { $id: 'Release', description: 'One version of the files of an assignment' },
)

export const ReleaseListBody = Type.Object({ releases: Type.Array(ref(ReleaseBody)) }, { $id: 'ReleaseList' })

export function toReleaseBody(release: Release): Static<typeof ReleaseBody> {
  return {
    id: release.id,
    version: release.version,
    released_at: formatInstant(release.releasedAt),
    released_by: release.releasedBy,
    size: release.size,
    sha256: release.sha256,
    notebooks: release.notebooks,
  }
}
