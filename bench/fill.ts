import { randomUUID } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import { openDatabase } from '../server/src/db/database.ts'
import type { Schema } from '../server/src/db/schema.ts'
import { COURSE, INSTRUCTOR, student } from './faces.ts'

interface FileOfRow {
  size: number
  sha256: string
}

const ORG = { org_id: 1 }
const START = Date.UTC(2026, 0, 1) * 1000
const MINUTE = 60_000_000
/** What the rows say of a file that nobody reads. */
const FILE: FileOfRow = { size: 300_000, sha256: 'a'.repeat(64) }
const NOTEBOOKS = JSON.stringify(['p1', 'p2', 'p3'])

/**
 * A class in the database as it is after a term, without the files: every student has handed in every assignment
 * once and has feedback for each of its three notebooks. It grows: the students of before stay.
 */
export class FilledClass {
  readonly #database: Kysely<Schema>
  readonly #course: number
  readonly #instructor: number
  readonly #file: FileOfRow
  #students = 0

  private constructor(
    database: Kysely<Schema>,
    ids: { course: number; instructor: number },
    file: FileOfRow,
  ) {
    this.#database = database
    this.#course = ids.course
    this.#instructor = ids.instructor
    this.#file = file
  }

  /** In the database of a service that has migrated it already. All files are like `file`. */
  static async begin(path: string, assignments: number, file = FILE): Promise<FilledClass> {
    const database = await openDatabase({ url: { dialect: 'sqlite', file: path } })
    const course = await insertOne(database, 'courses', { code: COURSE, title: null, closed_at: 0 })
    const instructor = await insertOne(database, 'users', { name: INSTRUCTOR.name })
    const filled = new FilledClass(database, { course, instructor }, file)
    await filled.#enrol(database, [{ user_id: instructor, role: INSTRUCTOR.role }])
    for (let index = 0; index < assignments; index++) await filled.#release(assignmentName(index))
    return filled
  }

  async growTo(students: number): Promise<void> {
    while (this.#students < students) {
      const batch = Math.min(1000, students - this.#students)
      await this.#database.transaction().execute(async (transaction) => {
        // Random ids land all over the indexes, which should not go to the disk and back for each.
        await sql`pragma cache_size = -400000`.execute(transaction)
        const ids: number[] = []
        for (let index = 0; index < batch; index++) {
          const { name } = student(this.#students + index)
          ids.push(await insertOne(transaction, 'users', { name }))
        }
        await this.#enrol(
          transaction,
          ids.map((user_id) => ({ user_id, role: 'Student' })),
        )
        await handInEverything(transaction, {
          from: ids[0] ?? 0,
          to: ids.at(-1) ?? 0,
          by: this.#instructor,
          file: this.#file,
        })
      })
      this.#students += batch
    }
  }

  async close(): Promise<void> {
    await this.#database.destroy()
  }

  async #enrol(database: Kysely<Schema>, users: readonly { user_id: number; role: string }[]): Promise<void> {
    const rows = users.map((user) => ({ ...ORG, ...user, course_id: this.#course, asserted_at: START }))
    await database.insertInto('members').values(rows).execute()
  }

  async #release(code: string): Promise<void> {
    const assignment = { course_id: this.#course, code, active: 1, purged_at: 0 }
    const id = await insertOne(this.#database, 'assignments', assignment)
    const release = randomUUID()
    const by = { released_by: this.#instructor, released_at: START }
    await this.#database
      .insertInto('releases')
      .values({
        ...ORG,
        ...by,
        ...this.#file,
        id: release,
        assignment_id: id,
        version: 1,
        notebooks: NOTEBOOKS,
        idempotency_key: null,
      })
      .execute()
    await this.#database
      .insertInto('actions')
      .values({
        ...ORG,
        ...{ course_id: this.#course, assignment_id: id, user_id: this.#instructor },
        ...{ action: 'released', at: START, release_id: release },
      })
      .execute()
  }
}

const NEW_ID = sql`lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
  || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`

/** Assignment by assignment, as a term goes; the rows are made where they are wanted, which is ten times as fast. */
async function handInEverything(
  transaction: Transaction<Schema>,
  { by, file, from, to }: { from: number; to: number; by: number; file: FileOfRow },
): Promise<void> {
  await sql`
    insert into submissions (id, org_id, assignment_id, user_id, submitted_by, timestamp, stated_at, received_at,
      effective_at, position, size, sha256, notebooks)
    select ${NEW_ID}, org_id, assignment_id, user_id, user_id,
      strftime('%Y-%m-%d %H:%M:%S.', at / 1000000, 'unixepoch') || printf('%06d UTC', at % 1000000), at, at,
      at, at, ${file.size}, ${file.sha256}, ${NOTEBOOKS}
    from (
      select users.org_id, assignments.id as assignment_id, users.id as user_id,
        ${START} + assignments.id * ${MINUTE} + users.id as at
      from assignments cross join users
      where users.id between ${from} and ${to}
      order by assignments.id, users.id)`.execute(transaction)
  await sql`
    insert into feedback (id, org_id, assignment_id, user_id, timestamp, stated_at, notebook, version, released_by,
      released_at, size, sha256)
    select ${NEW_ID}, org_id, assignment_id, user_id, timestamp, stated_at, notebooks.value, 1, ${by},
      stated_at + ${MINUTE}, ${file.size}, ${file.sha256}
    from submissions cross join json_each(submissions.notebooks) as notebooks
    where user_id between ${from} and ${to}
    order by assignment_id, user_id, notebooks.value`.execute(transaction)
  await sql`
    insert into actions (org_id, course_id, assignment_id, user_id, student_id, action, at, release_id, submission_id)
    select submissions.org_id, assignments.course_id, assignments.id, user_id,
      case name when 'submitted' then user_id end, name, stated_at,
      case name when 'fetched' then releases.id end, case name when 'submitted' then submissions.id end
    from submissions
    join assignments on assignments.id = submissions.assignment_id
    join releases on releases.assignment_id = assignments.id
    cross join (select 'fetched' as name union all select 'submitted')
    where user_id between ${from} and ${to}
    order by assignments.id, user_id, name`.execute(transaction)
}

export function assignmentName(index: number): string {
  return `ps${index}`
}

async function insertOne(
  database: Kysely<Schema>,
  table: 'users' | 'courses' | 'assignments',
  row: Record<string, unknown>,
): Promise<number> {
  const values = { ...ORG, created_at: START, ...row } as never
  const { insertId } = await database.insertInto(table).values(values).executeTakeFirstOrThrow()
  return Number(insertId)
}
