import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshDatabase } from '../databases.ts'
import { onDatabase } from '../on-database.ts'
import { type Ran, runCommand } from '../run-command.ts'
import { archive, type Person, person, startTestService, type TestService, upload } from '../start.ts'

export const teacher = person('tess', 'Instructor')
export const student = person('sam', 'Student')

/** So many have fetched `ps1` of `bio`: the tables of users, members and actions are read in more than one page. */
export const CROWD = 1_100

/** A service with work in it, and the command line beside it on the same database and storage. */
export interface LivedIn {
  folder: string
  storage: string
  settings: Record<string, string>
  service: TestService
  /** Sam hands in once more in `bio`; answers the id. */
  handIn(content: string): Promise<string>
  run(...args: string[]): Promise<Ran>
  close(): Promise<void>
}

/**
 * Course `bio` with one release, three submissions of `sam` with one feedback, one of `kim`, and the crowd. Beside it what looks
 * like it and must be left alone: course `chem`, and a `bio` of organisation 2, each with the same names, a release, a submission
 * and its feedback.
 */
export async function livedIn(): Promise<LivedIn> {
  const folder = mkdtempSync(join(tmpdir(), 'nbexchange-lived-in-'))
  const database = await freshDatabase(folder)
  const storage = join(folder, 'storage')
  const settings = { NBEX_DB_URL: database.url, NBEX_BASE_STORAGE_LOCATION: storage }
  const service = await startTestService(settings)
  await Promise.all([liveInBio(service), liveIn(service, 'chem', 1), liveIn(service, 'bio', 2)])
  await fetchAsCrowd(database.url)
  return {
    folder,
    storage,
    settings,
    service,
    handIn: (content) => handIn(service, student, content),
    run: (...args) => runCommand(args, { cwd: folder, env: settings }),
    async close() {
      await service.close()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function liveInBio(service: TestService): Promise<void> {
  await service.api(teacher, `${placeOf(teacher)}/releases?notebook=p1`, upload(archive('released')))
  for (const content of ['first', 'second', 'third']) await handIn(service, student, content)
  await handIn(service, person('kim', 'Student'), 'of kim')
  await giveFeedback(service, teacher)
}

async function liveIn(service: TestService, course: string, orgId: number): Promise<void> {
  const [its, sam] = [teacher, student].map((one) => ({ ...one, course_id: course, org_id: orgId }))
  if (!its || !sam) throw new Error('nobody')
  await service.api(its, `${placeOf(its)}/releases?notebook=p1`, upload(archive(`released in ${course}`)))
  await handIn(service, sam, `in ${course} of organisation ${orgId}`)
  await giveFeedback(service, its)
}

const placeOf = (who: Person) => `courses/${who.course_id}/assignments/ps1`

async function handIn(service: TestService, who: Person, content: string): Promise<string> {
  const answer = await service.api(who, `${placeOf(who)}/submissions?notebook=p1`, upload(archive(content)))
  return ((await answer.json()) as { id: string }).id
}

/** On sam's first submission. */
async function giveFeedback(service: TestService, by: Person): Promise<void> {
  const list = await service.api(by, `submissions?course_id=${by.course_id}&student=sam`)
  const { submissions } = (await list.json()) as { submissions: { timestamp: string }[] }
  const time = encodeURIComponent(submissions[0]?.timestamp ?? '')
  const html = { method: 'PUT', headers: { 'content-type': 'text/html' }, body: '<p>good</p>' }
  await service.api(by, `${placeOf(by)}/feedback/sam/${time}/p1`, html)
}

async function fetchAsCrowd(url: string): Promise<void> {
  await onDatabase(url, async (database) => {
    const place = await database
      .selectFrom('assignments')
      .innerJoin('courses', 'courses.id', 'assignments.course_id')
      .select(['assignments.id as assignment_id', 'assignments.course_id'])
      .where('courses.org_id', '=', 1)
      .where('courses.code', '=', 'bio')
      .executeTakeFirstOrThrow()
    const users = Array.from({ length: CROWD }, (_, index) => ({
      org_id: 1,
      name: `crowd-${String(index).padStart(4, '0')}`,
      created_at: index,
    }))
    await database.insertInto('users').values(users).execute()
    const rows = await database.selectFrom('users').select('id').where('name', 'like', 'crowd-%').execute()
    const of = { org_id: 1, course_id: place.course_id }
    await database
      .insertInto('members')
      .values(rows.map(({ id }) => ({ ...of, user_id: id, role: 'Student', asserted_at: id })))
      .execute()
    await database
      .insertInto('actions')
      .values(
        rows.map(({ id }) => ({ ...of, ...place, user_id: id, action: 'fetched' as const, at: 1e15 + id })),
      )
      .execute()
  })
}
