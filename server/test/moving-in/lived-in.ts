import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshDatabase } from '../databases.ts'
import { type Ran, runCommand } from '../run-command.ts'
import { archive, person, startTestService, type TestService, upload } from '../start.ts'

export const teacher = person('tess', 'Instructor')
export const student = person('sam', 'Student')

/** A service with work in it, and the command line beside it on the same database and storage. */
export interface LivedIn {
  folder: string
  storage: string
  settings: Record<string, string>
  service: TestService
  /** Hands in once more; answers the id. */
  handIn(content: string): Promise<string>
  run(...args: string[]): Promise<Ran>
  close(): Promise<void>
}

/** One release, three submissions and one feedback in course `bio`. */
export async function livedIn(): Promise<LivedIn> {
  const folder = mkdtempSync(join(tmpdir(), 'nbexchange-lived-in-'))
  const database = await freshDatabase(folder)
  const storage = join(folder, 'storage')
  const settings = { NBEX_DB_URL: database.url, NBEX_BASE_STORAGE_LOCATION: storage }
  const service = await startTestService(settings)
  const base = 'courses/bio/assignments/ps1'
  const handIn = async (content: string) => {
    const answer = await service.api(student, `${base}/submissions?notebook=p1`, upload(archive(content)))
    return ((await answer.json()) as { id: string }).id
  }
  await service.api(teacher, `${base}/releases?notebook=p1`, upload(archive('released')))
  for (const content of ['first', 'second', 'third']) await handIn(content)
  const list = await service.api(teacher, 'submissions?course_id=bio')
  const { submissions } = (await list.json()) as { submissions: { timestamp: string }[] }
  const time = encodeURIComponent(submissions[0]?.timestamp ?? '')
  const html = { method: 'PUT', headers: { 'content-type': 'text/html' }, body: '<p>good</p>' }
  await service.api(teacher, `${base}/feedback/sam/${time}/p1`, html)
  return {
    folder,
    storage,
    settings,
    service,
    handIn,
    run: (...args) => runCommand(args, { cwd: folder, env: settings }),
    async close() {
      await service.close()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
