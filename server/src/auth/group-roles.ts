import type { CourseOfUser } from './user-plugin.ts'

/** `pattern` holds `{course}` once: the group `formgrade-bio` fits `formgrade-{course}` and is about `bio`. */
export interface GroupRole {
  pattern: string
  role: string
}

/** The courses of somebody in these groups, each with the role of the first pattern that fits. */
export function rolesFromGroups(groups: readonly string[], patterns: readonly GroupRole[]): CourseOfUser[] {
  const roles = new Map<string, string>()
  for (const { pattern, role } of patterns) {
    const [before = '', after = ''] = pattern.split('{course}')
    for (const group of groups) {
      const fits = group.startsWith(before) && group.endsWith(after)
      const course = group.slice(before.length, group.length - after.length)
      if (fits && group.length > before.length + after.length && !roles.has(course)) roles.set(course, role)
    }
  }
  return [...roles].sort().map(([course_id, course_role]) => ({ course_id, course_role }))
}
