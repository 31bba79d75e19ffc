import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { openDatabase } from '../server/src/db/database.ts'
import type { Schema } from '../server/src/db/schema.ts'
import { formatTimestamp } from '../server/src/exchange/timestamps.ts'
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
const NOTEBOOKS = ['p1', 'p2', 'p3']

/**
 * A class in the database as it is after a term, without the files: every student has handed in every assignment
 * once and has feedback for each of its three notebooks. It grows: the students of before stay.
 */
export class FilledClass {
  readonly #database: Kysely<Schema>
  readonly #course: number
  readonly #instructor: number
  readonly #file: FileOfRow
  readonly #assignments: { id: number; release: string }[]
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
    this.#assignments = []
  }

  /** In the database of a service that has migrated it already. All files are like `file`. */
  static async begin(path: string, assignments: number, file = FILE): Promise<FilledClass> {
    const database = await openDatabase({ url: { dialect: 'sqlite', file: path } })
    const course = await insertOne(database, 'courses', { code: COURSE, title: null })
    const instructor = await insertOne(database, 'users', { name: INSTRUCTOR.name })
    const filled = new FilledClass(database, { course, instructor }, file)
    await filled.#enrol([{ id: instructor, role: INSTRUCTOR.role }])
    for (let index = 0; index < assignments; index++) await filled.#release(assignmentName(index))
    return filled
  }

  async growTo(students: number): Promise<void> {
    while (this.#students < students) {
      const batch = Math.min(25, students - this.#students)
      await this.#database.transaction().execute(async (transaction) => {
        const ids: number[] = []
        for (let index = 0; index < batch; index++) {
          const { name } = student(this.#students + index)
          ids.push(await insertOne(transaction, 'users', { name }))
        }
        await this.#enrol(
          ids.map((id) => ({ id, role: 'Student' })),
          transaction,
        )
        for (const id of ids) await this.#handInEverything(transaction, id)
      })
      this.#students += batch
    }
  }

  async close(): Promise<void> {
    await this.#database.destroy()
  }

  async #enrol(users: { id: number; role: string }[], database = this.#database): Promise<void> {
    const rows = users.map(({ id, role }) => ({
      ...ORG,
      course_id: this.#course,
      user_id: id,
      role,
      asserted_at: START,
    }))
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
        notebooks: JSON.stringify(NOTEBOOKS),
        idempotency_key: null,
      })
      .execute()
    await this.#record(this.#database, [
      { user_id: this.#instructor, assignment_id: id, action: 'released', release_id: release },
    ])
    this.#assignments.push({ id, release })
  }

  async #handInEverything(database: Kysely<Schema>, user: number): Promise<void> {
    const made = this.#assignments.map((assignment, index) => {
      const at = START + index * MINUTE + user
      return { assignment, at, id: randomUUID(), timestamp: formatTimestamp(at) }
    })
    const submissions = made.map(({ assignment, at, id, timestamp }) => ({
      ...{
        ...ORG,
        ...this.#file,
        id,
        timestamp,
        assignment_id: assignment.id,
        user_id: user,
        submitted_by: user,
      },
      ...{ stated_at: at, received_at: at, effective_at: at, notebooks: JSON.stringify(NOTEBOOKS) },
      ...{ idempotency_key: null, removed_at: null, hidden_at: null },
    }))
    const feedback = made.flatMap(({ assignment, at, timestamp }) =>
      NOTEBOOKS.map((notebook) => ({
        ...{ ...ORG, ...this.#file, id: randomUUID(), timestamp, stated_at: at, notebook, version: 1 },
        ...{ assignment_id: assignment.id, user_id: user, released_by: this.#instructor },
        ...{ released_at: at + MINUTE, checksum: null },
      })),
    )
    await database.insertInto('submissions').values(submissions).execute()
    await database.insertInto('feedback').values(feedback).execute()
    await this.#record(
      database,
      made.flatMap(({ assignment, id }) => [
        { user_id: user, assignment_id: assignment.id, action: 'fetched', release_id: assignment.release },
        {
          user_id: user,
          assignment_id: assignment.id,
          action: 'submitted',
          submission_id: id,
          student_id: user,
        },
      ]),
    )
  }

  async #record(database: Kysely<Schema>, actions: NewAction[]): Promise<void> {
    const rows = actions.map((action) => ({ ...ORG, course_id: this.#course, at: START, ...action }))
    await database.insertInto('actions').values(rows).execute()
  }
}

interface NewAction {
  user_id: number
  assignment_id: number
  action: 'released' | 'fetched' | 'submitted'
  student_id?: number
  release_id?: string
  submission_id?: string
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
