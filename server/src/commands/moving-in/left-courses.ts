import type { Holdings, SourceCourse } from './records.ts'

/** The same without these courses and all that is in them; each is listed as left, with the reason. */
export function withoutCourses(
  holdings: Holdings,
  isLeft: (course: Pick<SourceCourse, 'orgId' | 'code'>) => boolean,
  reason: string,
): Holdings {
  const left = holdings.courses.filter(isLeft)
  if (left.length === 0) return holdings
  const stays = (thing: { orgId: number; course: string }) =>
    !left.some(({ code, orgId }) => code === thing.course && orgId === thing.orgId)
  const lines = left.map(({ code, orgId }) => ({
    origin: `course ${code} of organisation ${orgId}`,
    reason,
  }))
  return {
    users: holdings.users,
    courses: holdings.courses.filter((course) => !left.includes(course)),
    members: holdings.members.filter(stays),
    assignments: holdings.assignments.filter(stays),
    files: holdings.files.filter(stays),
    actions: holdings.actions.filter(stays),
    skipped: [...holdings.skipped, ...lines],
  }
}
