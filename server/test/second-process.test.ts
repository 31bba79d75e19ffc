import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { archive, person, startTestService, type TestService, upload } from './start.ts'

/** Rules of SQLite beside another process: a backup, a report, somebody with a shell. */

const teacher = person('ina', 'Instructor')
const folder = mkdtempSync(join(tmpdir(), 'nbexchange-second-'))
const file = join(folder, 'shared.db')
let service: TestService

beforeAll(async () => {
  service = await startTestService({ NBEX_DB_URL: `sqlite:///${file}` })
  await service.api(teacher, 'courses/bio/assignments/ps1/releases?notebook=p1', upload(archive('r')))
})
afterAll(async () => {
  await service.close()
  rmSync(folder, { recursive: true })
})

test('a second process that holds the write lock delays writers, and no client sees that the database is busy', async () => {
  const other = secondProcess(`
    for (let round = 0; round < 6; round++) {
      database.exec('begin immediate')
      database.prepare('update users set full_name = full_name').run()
      await new Promise((resolve) => setTimeout(resolve, [100, 2000, 10, 500, 4000, 50][round]))
      database.exec('commit')
    }`)
  expect(await handInUntil(other.ended)).toEqual([201])
})

test('a backup of the running database disturbs nobody and holds all that was acknowledged before it', async () => {
  const copy = join(folder, 'backup.db')
  const other = secondProcess(`database.exec("vacuum into '${copy}'")`)
  expect(await handInUntil(other.ended)).toEqual([201])
  expect(existsSync(copy)).toBe(true)
})

test('readers never wait for a second process that writes', async () => {
  const other = secondProcess(`
    database.exec('begin immediate')
    console.log('holds')
    await new Promise((resolve) => process.stdin.once('end', resolve).resume())
    database.exec('rollback')`)
  await other.says
  const answer = await service.api(person('s-0', 'Student'), 'me/submissions')
  expect(answer.status).toBe(200)
  other.end()
  await other.ended
})

/** Another Node with the same database open, running `code`. */
function secondProcess(code: string) {
  const sqlite = join(import.meta.dirname, '../../node_modules/better-sqlite3/lib/index.js')
  const script = `import Sqlite from '${sqlite}'
    const database = new Sqlite('${file}', { timeout: 20000 })
    ${code}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit').then(([status]) => expect(status).toBe(0))
  return { ended, says: once(child.stdout, 'data'), end: () => child.stdin.end() }
}

/** Students hand in without a pause until the promise settles; answers the statuses that they saw. */
async function handInUntil(ended: Promise<unknown>): Promise<number[]> {
  const seen = new Set<number>()
  let over = false
  const workers = Array.from({ length: 4 }, async (_, worker) => {
    const student = person(`s-${worker}`, 'Student')
    while (!over) {
      const answer = await service.api(
        student,
        'courses/bio/assignments/ps1/submissions',
        upload(archive('x')),
      )
      await answer.arrayBuffer()
      seen.add(answer.status)
    }
  })
  await ended
  over = true
  await Promise.all(workers)
  return [...seen]
}
