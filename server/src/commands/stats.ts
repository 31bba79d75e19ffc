import type { CourseStats } from '../db/stats.ts'
import { statsByCourse } from '../db/stats.ts'
import { formatTimestamp } from '../exchange/timestamps.ts'
import type { CommandContext } from './command.ts'
import { inHouse } from './house.ts'
import { partOf } from './part.ts'
import { inBytes } from './words.ts'

const COUNTS = ['members', 'assignments', 'releases', 'submissions', 'feedback'] as const

/** How much is in each course. */
export async function stats(context: CommandContext): Promise<void> {
  const { switches, terminal } = context
  const courses = await inHouse(context, ({ database }) => statsByCourse(database, partOf(context)))
  if (switches.has('--json')) {
    const timed = courses.map((course) => ({
      ...course,
      closed_at: timeOf(course.closed_at),
      last_at: timeOf(course.last_at),
    }))
    terminal.write(`${JSON.stringify({ courses: timed, total: totalOf(courses) }, null, 2)}\n`)
    return
  }
  const head = ['org', 'course', ...COUNTS, 'bytes', 'last action']
  const rows = courses.map((course) => [
    String(course.org_id),
    nameOf(course),
    ...COUNTS.map((count) => String(course[count])),
    inBytes(course.bytes),
    timeOf(course.last_at) ?? 'never',
  ])
  const total = totalOf(courses)
  const last = ['', 'all', ...COUNTS.map((count) => String(total[count])), inBytes(total.bytes), '']
  const table = [head, ...rows, last]
  const widths = head.map((_, at) => Math.max(...table.map((row) => (row[at] ?? '').length)))
  for (const row of table) {
    terminal.write(
      `${row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    )
  }
}

function nameOf({ closed_at, course }: CourseStats): string {
  return closed_at === null ? course : `${course} (closed ${formatTimestamp(closed_at).slice(0, 10)})`
}

function timeOf(at: number | null): string | null {
  return at === null ? null : formatTimestamp(at)
}

function totalOf(courses: readonly CourseStats[]) {
  const total = { members: 0, assignments: 0, releases: 0, submissions: 0, feedback: 0, bytes: 0 }
  for (const course of courses)
    for (const count of [...COUNTS, 'bytes' as const]) total[count] += course[count]
  return total
}
