import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'

/** The fixture: what a real nbexchange 1.5 left behind. */
export const FIXTURE = join(import.meta.dirname, '../fixtures/import')
export const STORAGE_WAS = '/var/data/exchange/storage'

/** A copy of the fixture in `folder`, with so many notebooks of nothing before its own that these are not on the first page. */
export function crowdedFixture(folder: string): void {
  cpSync(FIXTURE, folder, { recursive: true })
  const database = new Sqlite(join(folder, 'exchange.db'))
  const insert = database.prepare("insert into notebook (id, name) values (?, 'of nothing')")
  database.transaction(() => {
    for (let id = -1_100; id < 0; id++) insert.run(id)
  })()
  database.close()
}

/** A subscription of the old service: who may ask what. */
export interface OldMember {
  userId: number
  name: string
  courseId: number
  course: string
  title: string
  org: number
  role: string
}

interface OldAction {
  id: number
  action: string
  location: string
  user: string
  userId: number
  code: string
  at: string
}

/**
 * What nbexchange 1.5 answered its clients, worked out from its own tables by its own rules, without our code.
 * Its defects are left out: unreleased assignments hide nothing, a replaced feedback is one.
 */
export class OldService {
  readonly #database: Sqlite.Database
  readonly #storage: string

  constructor(folder = FIXTURE) {
    this.#database = new Sqlite(join(folder, 'exchange.db'), { readonly: true })
    this.#storage = join(folder, 'storage')
  }

  close(): void {
    this.#database.close()
  }

  members(): OldMember[] {
    return this.#all<OldMember>(`select u.id as userId, u.name, c.id as courseId, c.course_code as course,
      c.course_title as title, c.org_id as org, s.role
      from subscription s join user u on u.id = s.user_id join course c on c.id = s.course_id`)
  }

  bytes(location: string): Buffer {
    return readFileSync(join(this.#storage, location.slice(STORAGE_WAS.length)))
  }

  /** `GET assignments`: every release, and what the member did, for what is released now. */
  assignments(member: OldMember) {
    return this.#actions(member)
      .filter(({ action, userId }) => action === 'released' || userId === member.userId)
      .map((row) => ({
        assignment_id: row.code,
        course_id: member.course,
        status: row.action,
        timestamp: row.at,
        notebooks: this.#notebooks(member, row.code).map((name) => {
          const feedback = row.action === 'submitted' ? this.#feedbackOn(member, row, name) : undefined
          return {
            notebook_id: name,
            has_exchange_feedback: feedback !== undefined,
            feedback_updated: false,
            feedback_timestamp: feedback?.timestamp ?? null,
          }
        }),
      }))
  }

  /** The bytes of `GET assignment`. */
  newestRelease(member: OldMember, code: string): Buffer {
    const released = this.#actions(member).filter((row) => row.action === 'released' && row.code === code)
    return this.bytes(released.at(-1)?.location ?? '')
  }

  codes(member: OldMember): string[] {
    return [...new Set(this.#actions(member).map(({ code }) => code))]
  }

  /** `GET collections`, with the bytes that each path led to. */
  collections(member: OldMember, code: string) {
    return this.#actions(member)
      .filter((row) => row.action === 'submitted' && row.code === code)
      .map((row) => {
        const [user] = this.#all<Record<string, string | null>>(
          'select full_name, email, lms_user_id from user where id = ?',
          row.userId,
        )
        const notebooks = this.#notebooks(member, code).map((name) => ({ notebook_id: name }))
        const names = { student_id: row.user, assignment_id: code, course_id: member.course }
        const item = { ...names, ...user, status: 'submitted', notebooks, timestamp: row.at }
        return { item, bytes: this.bytes(row.location) }
      })
  }

  /** `GET feedback`. */
  feedback(member: OldMember, code: string) {
    const newest = new Map(
      this.#feedback(member, code).map((one) => [`${one.timestamp}/${one.notebook}`, one]),
    )
    return [...newest.values()].map(({ checksum, location, notebook, timestamp }) => ({
      content: this.bytes(location).toString('base64'),
      filename: `${notebook}.html`,
      timestamp,
      checksum,
    }))
  }

  /** `GET history` for one course. */
  history(member: OldMember) {
    const teaches = member.role.toLowerCase() === 'instructor'
    return this.codes(member).map((code) => ({
      assignment_code: code,
      actions: this.#actions(member)
        .filter((row) => row.code === code)
        .filter(({ action, userId }) => teaches || action === 'released' || userId === member.userId)
        .map(({ action, at, user }) => ({ action: `AssignmentActions.${action}`, timestamp: at, user })),
    }))
  }

  #actions(member: OldMember): OldAction[] {
    return this.#all<OldAction>(
      `select x.id, x.action, x.location, u.name as user, u.id as userId, a.assignment_code as code,
         x.timestamp || ' UTC' as at
       from action x join assignment a on a.id = x.assignment_id join user u on u.id = x.user_id
       where a.active = 1 and a.course_id = ? order by x.id`,
      member.courseId,
    )
  }

  #notebooks(member: OldMember, code: string): string[] {
    return this.#all<{ name: string }>(
      `select n.name from notebook n join assignment a on a.id = n.assignment_id
       where a.course_id = ? and a.assignment_code = ? order by n.name`,
      member.courseId,
      code,
    ).map(({ name }) => name)
  }

  #feedback(member: OldMember, code: string) {
    return this.#all<{ notebook: string; timestamp: string; location: string; checksum: string }>(
      `select n.name as notebook, f.timestamp || ' UTC' as timestamp, f.location, f.checksum
       from feedback_2 f join notebook n on n.id = f.notebook_id join assignment a on a.id = n.assignment_id
       where a.course_id = ? and a.assignment_code = ? and f.student_id = ? order by f.id`,
      member.courseId,
      code,
      member.userId,
    )
  }

  /** By the time that it names; where none names any submission, the newest. */
  #feedbackOn(member: OldMember, row: OldAction, notebook: string) {
    const own = this.#actions(member).filter(
      ({ action, code, userId }) => action === 'submitted' && code === row.code && userId === member.userId,
    )
    const all = this.#feedback(member, row.code)
    const matches = all.some(({ timestamp }) => own.some(({ at }) => at === timestamp))
    return all.findLast((one) => one.notebook === notebook && (!matches || one.timestamp === row.at))
  }

  #all<T>(sql: string, ...parameters: unknown[]): T[] {
    return this.#database.prepare(sql).all(...parameters) as T[]
  }
}
