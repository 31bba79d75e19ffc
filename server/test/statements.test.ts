import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requestOf } from './bad-input.ts'
import { faces, type Places } from './role-matrix.ts'
import { archive, type Person, person, signIn, upload } from './start.ts'
import { type LoggedService, startLoggedService } from './statement-log.ts'

const ina = person('ina', 'Instructor')
const sam = person('sam', 'Student')
let service: LoggedService
let places: Places

beforeAll(async () => {
  service = await startLoggedService()
  await send(ina, 'POST', 'api/v1/courses/bio/assignments/ps1/releases?notebook=p1', 'release')
  places = await handIn(sam, 'ps1')
})
afterAll(() => service.close())

async function send(who: Person, method: string, path: string, content?: string): Promise<Response> {
  const html = path.includes('/feedback/') && { 'content-type': 'text/html' }
  const init = content === undefined ? {} : upload(archive(content))
  const headers = { ...init.headers, ...signIn(who), ...html }
  const answer = await fetch(service.url + path, { ...init, method, headers })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer
}

/** Hands in and gets feedback; answers where all that is. */
async function handIn(who: Person, code: string): Promise<Places> {
  const at = `api/v1/courses/bio/assignments/${code}`
  const receipt = await send(who, 'POST', `${at}/submissions`, `${who.name} ${service.statements.length}`)
  const { id, timestamp } = (await receipt.json()) as { id: string; timestamp: string }
  await send(ina, 'PUT', `${at}/feedback/${who.name}/${encodeURIComponent(timestamp)}/p1`, '<p>')
  const listed = await send(ina, 'GET', `collections?course_id=bio&assignment_id=${code}&user_id=${who.name}`)
  const { value } = (await listed.json()) as { value: { path: string }[] }
  const names = { course: 'bio', assignment: code, student: who.name, notebook: 'p1', version: 'latest' }
  return { ...names, id, timestamp, path: String(value[0]?.path) }
}

/** What one request runs in SQL, in the order it began. */
async function statementsOf(who: Person, path: string): Promise<string[]> {
  await (await fetch(service.url + path, { headers: signIn(who) })).arrayBuffer()
  const before = service.statements.length
  const answer = await fetch(service.url + path, { headers: signIn(who) })
  await answer.arrayBuffer()
  return service.statements.slice(before)
}

const reading = (['api', 'legacy'] as const).flatMap((face) =>
  faces[face].filter((row) => row.method === 'GET' && row.expected.ina === 200).map((row) => ({ face, row })),
)

async function counts(who: Person) {
  const counted: Record<string, number> = {}
  for (const { face, row } of reading) {
    const { path } = requestOf(face, row, places)
    counted[`${face} ${row.address}`] = (await statementsOf(who, path)).length
  }
  return counted
}

describe('what a request costs in SQL', () => {
  test('is the same for a student however large the class is, and for the instructor too', async () => {
    const before = { student: await counts(sam), instructor: await counts(ina) }
    for (let n = 0; n < 40; n += 1) await handIn(person(`student-${n}`, 'Student'), 'ps1')
    expect({ student: await counts(sam), instructor: await counts(ina) }).toEqual(before)
    for (const [route, count] of Object.entries(before.student))
      expect([route, count <= 12]).toEqual([route, true])
  })

  test('is the same however many assignments, releases and own submissions there are', async () => {
    const before = { student: await counts(sam), instructor: await counts(ina) }
    for (let n = 0; n < 10; n += 1) {
      const at = `api/v1/courses/bio/assignments`
      await send(ina, 'POST', `${at}/more-${n}/releases?notebook=p1`, 'release')
      await send(ina, 'POST', `${at}/ps1/releases?notebook=p1&force=true`, `version ${n}`)
      await handIn(sam, `more-${n}`)
      await send(sam, 'POST', `${at}/ps1/submissions`, `again ${n}`)
    }
    expect({ student: await counts(sam), instructor: await counts(ina) }).toEqual(before)
  })

  test('is no more for somebody in thirty courses than for somebody in one', async () => {
    const one = person('pat', 'Student')
    const courses = Array.from({ length: 30 }, (_, n) => ({
      course_id: `course-${n}`,
      course_role: n % 2 ? 'Student' : 'Instructor',
    }))
    const many = { name: 'kim', courses }
    const lists = ['me', 'courses', 'assignments', 'submissions?feedback=true', 'me/submissions', 'history']
    for (const path of [...lists.map((list) => `api/v1/${list}`), 'history']) {
      const [few, lot] = [await statementsOf(one, path), await statementsOf(many, path)]
      expect([path, path.includes('submissions?') || lot.length <= few.length]).toEqual([path, true])
      expect([path, lot.length <= 12]).toEqual([path, true])
    }
  })

  test('writes nothing for somebody who is known already, by more than the sign-in says now', async () => {
    await statementsOf({ ...sam, full_name: 'Sam', email: 'sam@x', course_title: 'Biology' }, 'api/v1/me')
    for (const list of ['me', 'courses', 'assignments', 'me/submissions', 'history']) {
      const ran = await statementsOf(sam, `api/v1/${list}`)
      expect([list, ran.filter((statement) => !/^select/i.test(statement))]).toEqual([list, []])
    }
  })
})
