import type { Action } from '../../db/schema/log.ts'
import type {
  Holdings,
  Skipped,
  SourceAction,
  SourceAssignment,
  SourceCourse,
  SourceFile,
  SourceMember,
  SourceUser,
} from './records.ts'

const ACTION_OF = {
  released: 'released',
  submitted: 'submitted',
  feedback: 'feedback_released',
} as const satisfies Record<SourceFile['kind'], Action>

/** Collects what a source without a log of its own holds; the log is made from the files. */
export class Gathering {
  readonly #users = new Map<string, SourceUser>()
  readonly #courses = new Map<string, SourceCourse>()
  readonly #members = new Map<string, SourceMember>()
  readonly #assignments = new Map<string, SourceAssignment>()
  readonly #files: SourceFile[] = []
  readonly #skipped: Skipped[] = []
  readonly #orgId: number

  constructor(orgId: number) {
    this.#orgId = orgId
  }

  course(code: string): void {
    this.#courses.set(code, { orgId: this.#orgId, code, title: null })
  }

  user(name: string, known: { fullName?: string | null; email?: string | null } = {}): void {
    const before = this.#users.get(name)
    const fullName = known.fullName || before?.fullName || null
    const email = known.email || before?.email || null
    this.#users.set(name, { orgId: this.#orgId, name, fullName, email, lmsUserId: null })
  }

  member(course: string, user: string, role: 'Instructor' | 'Student'): void {
    const key = `${course}\n${user}`
    // Who teaches and is listed as a student too, teaches.
    if (role === 'Student' && this.#members.has(key)) return
    this.#members.set(key, { origin: `member ${user} of ${course}`, orgId: this.#orgId, course, user, role })
  }

  /** Released where any of its names says so. */
  assignment(course: string, code: string, released: boolean): void {
    const key = `${course}\n${code}`
    const isReleased = released || this.#assignments.get(key)?.released === true
    this.#assignments.set(key, { orgId: this.#orgId, course, code, released: isReleased })
  }

  file(file: SourceFile): void {
    this.#files.push(file)
  }

  skip(origin: string, reason: string, location?: string): void {
    this.#skipped.push({ origin, reason, location })
  }

  holdings(): Holdings {
    const files = this.#files.sort((a, b) => a.at - b.at)
    return {
      users: [...this.#users.values()],
      courses: [...this.#courses.values()],
      members: [...this.#members.values()],
      assignments: [...this.#assignments.values()],
      files,
      actions: files.map(actionOf),
      skipped: this.#skipped,
    }
  }
}

function actionOf(file: SourceFile): SourceAction {
  const { assignment, at, by, course, kind, orgId, origin } = file
  const student = kind === 'feedback' ? file.student : kind === 'submitted' ? by : null
  return { origin, orgId, course, assignment, user: by, student, action: ACTION_OF[kind], at, file: origin }
}
