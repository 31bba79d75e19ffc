import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { formatTimestamp } from '../../src/exchange/timestamps.ts'
import { call, post } from '../legacy-client.ts'
import { onDatabase } from '../on-database.ts'
import { archive, person, startTestService, type TestService, upload } from '../start.ts'

const HOUR = 3_600_000
const ina = person('ina', 'Instructor')
const ps1 = { course_id: 'bio', assignment_id: 'ps1' }
const path = 'courses/bio/assignments/ps1'
let service: TestService
let students = 0
let sam = person('nobody', 'Student')
let offset = 0

beforeAll(async () => {
  const rightNow = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => rightNow() + offset)
  service = await startTestService()
  await service.api(ina, `${path}/releases?notebook=p1`, upload(archive('r')))
})
afterAll(async () => {
  await service.close()
  vi.restoreAllMocks()
})
beforeEach(() => {
  clockOff(0)
  students += 1
  sam = person(`sam-${students}`, 'Student')
})

/** From now on the clock of the service is so much off, in milliseconds. */
function clockOff(milliseconds: number): void {
  offset = milliseconds
}

interface Listed {
  id: string
  timestamp: string
  effective_at: string
}

async function handIn(content: string, query = '', who = sam): Promise<Listed> {
  const answer = await service.api(who, `${path}/submissions?notebook=p1${query}`, upload(archive(content)))
  expect([answer.status, content]).toEqual([201, content])
  return (await answer.json()) as Listed
}

/** On behalf, at an instant in microseconds. */
const handInAt = (at: number) =>
  handIn(`stated ${at}`, `&student=${sam.name}&timestamp=${encodeURIComponent(formatTimestamp(at))}`, ina)

async function list(query = '', who = ina): Promise<string[]> {
  const base = who === ina ? `submissions?course_id=bio&student=${sam.name}` : 'me/submissions?course_id=bio'
  const answer = await service.api(who, base + query)
  return ((await answer.json()) as { submissions: Listed[] }).submissions.map(({ id }) => id)
}

const latest = () => list('&latest=true')

function positions(): Promise<number[]> {
  return onDatabase(service.databaseUrl, async (database) => {
    const rows = await database
      .selectFrom('submissions')
      .innerJoin('users', 'users.id', 'submissions.user_id')
      .select('submissions.position')
      .where('users.name', '=', sam.name)
      .orderBy('submissions.position')
      .execute()
    return rows.map(({ position }) => Number(position))
  })
}

describe('what is handed in now is the newest', () => {
  test.each([
    ['is set back an hour', [0, -HOUR]],
    ['was an hour ahead and is set right', [HOUR, 0]],
    ['is set back again and again', [0, -HOUR, -2 * HOUR, -3 * HOUR]],
    ['goes back and ahead', [0, -HOUR, HOUR, -HOUR, 0]],
    ['is right', [0, 0, 0]],
  ])('when the clock %s', async (_, offsets) => {
    const handedIn: string[] = []
    for (const [n, offset] of offsets.entries()) {
      clockOff(offset)
      const { id } = await handIn(`work ${n}`)
      handedIn.push(id)
      expect(await latest()).toEqual([id])
    }
    expect(await list()).toEqual(handedIn)
    expect(await list('', sam)).toEqual(handedIn)
    const { value } = await call(service, ina, ['GET', 'collections', { ...ps1, user_id: sam.name }])
    expect((value as { path: string }[]).map((one) => handedIn.find((id) => one.path.includes(id)))).toEqual(
      handedIn,
    )
  })

  test('also by an old client whose label is of another year', async () => {
    const labels = ['2098-01-01 00:00:00.000000 UTC', '2001-01-01 00:00:00.000000 UTC']
    for (const timestamp of labels) {
      await post(service, sam, ['submission', { ...ps1, timestamp }, timestamp])
    }
    const answer = await service.api(ina, `submissions?student=${sam.name}&latest=true`)
    expect(await answer.json()).toMatchObject({ submissions: [{ timestamp: labels[1] }] })
  })

  test('page after page, whatever the clock did', async () => {
    const handedIn: string[] = []
    for (const offset of [0, -HOUR, HOUR, -HOUR]) {
      clockOff(offset)
      handedIn.push((await handIn(String(offset + handedIn.length))).id)
    }
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const more: string = cursor && `&cursor=${cursor}`
      const answer = await service.api(ina, `submissions?student=${sam.name}&limit=1${more}`)
      const page = (await answer.json()) as { submissions: Listed[]; next: string | null }
      seen.push(...page.submissions.map(({ id }) => id))
      cursor = page.next
    }
    expect(seen).toEqual(handedIn)
  })
})

describe('before', () => {
  test('asks when it came, and takes the one that was handed in last among those', async () => {
    clockOff(HOUR)
    const ahead = await handIn('an hour ahead')
    clockOff(0)
    const [first, second] = [await handIn('first'), await handIn('second')]
    const until = (one: Listed) => list(`&latest=true&before=${encodeURIComponent(one.effective_at)}`)
    expect([await until(first), await until(second), await until(ahead)]).toEqual([
      [first.id],
      [second.id],
      [second.id],
    ])
    expect(await list(`&before=${encodeURIComponent(second.effective_at)}`)).toEqual([first.id, second.id])
  })
})

describe('work with a stated time', () => {
  const then = Date.UTC(2024, 4, 1) * 1000

  test('has its place at that time, between what came before and after it', async () => {
    const late = await handInAt(then + 10)
    const early = await handInAt(then)
    const now = await handIn('now')
    const between = await handInAt(then + 5)
    expect(await list()).toEqual([early.id, between.id, late.id, now.id])
    expect((await positions()).slice(0, 3)).toEqual([then, then + 5, then + 10])
  })

  test('takes the next free microsecond where that is taken', async () => {
    for (const [year, offset] of [-HOUR, -2 * HOUR, -3 * HOUR].entries()) {
      clockOff(offset)
      const timestamp = `200${year}-01-01 00:00:00.000000 UTC`
      await post(service, sam, ['submission', { ...ps1, timestamp }, timestamp])
    }
    clockOff(0)
    const [taken = 0, ...next] = await positions()
    expect(next).toEqual([taken + 1, taken + 2])
    const before = await list()
    const stated = await handInAt(taken)
    expect(await positions()).toEqual([taken, taken + 1, taken + 2, taken + 3])
    expect(await list()).toEqual([...before, stated.id])
    expect(Date.parse(stated.effective_at)).toBe(Math.floor(taken / 1000))
  })

  test('many at once have a place each', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, n) => handInAt(then + (n % 4) * 2 + Math.floor(n / 4))))
    const found = await positions()
    expect(found).toEqual(Array.from({ length: 8 }, (_, n) => then + n))
  })
})

test('the database itself holds no two at one place', async () => {
  await handIn('one')
  await handIn('two')
  const both = onDatabase(service.databaseUrl, (database) =>
    database.updateTable('submissions').set({ position: 7 }).execute(),
  )
  await expect(both).rejects.toThrow()
})
