import type { Progress } from '../progress.ts'
import { stateOf, uuidOf } from './marks.ts'
import type { Holdings } from './records.ts'
import { complaintAboutBytes } from './source-files.ts'
import { fileIdOf } from './take-files.ts'
import { emptyTally, type Kind, noteTime, skip, type Tally } from './target.ts'

/** What an import would do, found out without writing anything, here or there. */
export async function preview(
  holdings: Holdings,
  { marks, now, progress }: { marks: ReadonlyMap<string, string>; now: number; progress: Progress },
): Promise<Tally> {
  const tally = emptyTally(holdings.skipped)
  const count = (kind: Kind, id: string, state?: string) => {
    const seen = marks.get(id)
    const known = seen !== undefined && (state === undefined || seen === state)
    tally[known ? 'already' : 'taken'][kind] += 1
    return known
  }
  for (const { email, fullName, lmsUserId, name, orgId } of holdings.users) {
    count('users', uuidOf('user', String(orgId), name), stateOf(fullName, email, lmsUserId))
  }
  for (const { code, orgId, title } of holdings.courses) {
    count('courses', uuidOf('course', String(orgId), code), stateOf(title))
  }
  for (const { course, orgId, role, user } of holdings.members) {
    count('members', uuidOf('member', String(orgId), course, user, role))
  }
  for (const { code, course, orgId, released } of holdings.assignments) {
    count('assignments', uuidOf('assignment', String(orgId), course, code), stateOf(released))
  }
  const lost = new Set<string>()
  progress.begin('files', holdings.files.length)
  for (const file of holdings.files) {
    progress.step()
    const complaint = marks.has(fileIdOf(file)) ? null : await complaintAboutBytes(file.bytes)
    if (complaint === null) {
      if (!count(file.kind, fileIdOf(file))) noteTime(tally, file, now)
    } else {
      lost.add(file.origin)
      skip(tally, file.origin, complaint)
    }
  }
  for (const action of holdings.actions) {
    const hasFile = action.file === null || !lost.has(action.file)
    if (hasFile) count('actions', uuidOf('action', String(action.orgId), action.origin))
    else skip(tally, action.origin, 'the file that it is about was not taken over')
  }
  return tally
}
