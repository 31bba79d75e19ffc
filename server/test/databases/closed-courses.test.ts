import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call } from '../legacy-client.ts'
import { type LivedIn, livedIn, student, teacher } from '../moving-in/lived-in.ts'
import { onDatabase } from '../on-database.ts'
import { archive, upload } from '../start.ts'

const CLOSED_AT = Date.UTC(2026, 6, 31, 10, 11, 12) * 1000
const ps1 = 'courses/bio/assignments/ps1'
let house: LivedIn

beforeAll(async () => {
  house = await livedIn()
  await onDatabase(house.settings.NBEX_DB_URL ?? '', (database) =>
    database
      .updateTable('courses')
      .set({ closed_at: CLOSED_AT })
      .where('code', '=', 'bio')
      .where('org_id', '=', 1)
      .execute(),
  )
})
afterAll(() => house.close())

const get = async (who: typeof teacher, path: string) => (await house.service.api(who, path)).json()

describe('a course that was closed', () => {
  test('leaves its code to one that begins empty, for everybody and on both faces', async () => {
    const { service } = house
    for (const who of [teacher, student]) {
      expect(await get(who, 'assignments?course_id=bio')).toEqual({ assignments: [] })
      expect(await get(who, 'history')).toMatchObject({ actions: [] })
      expect(await get(who, 'me/submissions')).toMatchObject({ submissions: [] })
      const { value } = await call(service, who, ['GET', 'history', { course_code: 'bio' }])
      expect(value).toMatchObject([{ course_code: 'bio', assignments: [] }])
    }
    expect(await get(teacher, 'submissions')).toMatchObject({ submissions: [] })
    expect(await get(teacher, 'courses/bio/members')).toMatchObject({
      members: [{ name: 'sam' }, { name: 'tess' }],
    })
  })

  test('does not take the course of the same code in another organisation with it', async () => {
    const there = { ...teacher, org_id: 2 }
    expect(await get(there, 'submissions')).toMatchObject({ submissions: [{ student: 'sam' }] })
  })

  describe('and has a new one under its code', () => {
    beforeAll(async () => {
      const released = await house.service.api(teacher, `${ps1}/releases?notebook=p1`, upload(archive('new')))
      expect(await released.json()).toMatchObject({ version: 1 })
      expect(await get(student, ps1)).toMatchObject({ release: { version: 1 }, fetched_at: null })
    })

    test('stands in the statistics beside the open one', async () => {
      const { courses } = JSON.parse((await house.run('stats', '--course=bio', '--org=1', '--json')).stdout)
      expect(courses).toMatchObject([
        { course: 'bio', closed_at: null, submissions: 0 },
        { course: 'bio', closed_at: '2026-07-31 10:11:12.000000 UTC', submissions: 4 },
      ])
      expect((await house.run('stats', '--org=1')).stdout).toMatch(
        /^1 +bio \(closed 2026-07-31\) +\d+ +1 +1 +4/m,
      )
    })

    test('is exported beside the open one, and its log too', async () => {
      const folder = join(house.folder, 'out')
      const { code, stderr } = await house.run('export', folder, '--course=bio', '--org=1')
      expect([code, stderr]).toEqual([0, ''])
      expect(readdirSync(join(folder, '1')).sort()).toEqual(['bio', 'bio=closed-20260731T101112.000000Z'])
      const log = await house.run('audit', '--course=bio', '--org=1', '--action=submitted')
      expect(log.stdout.trim().split('\n')).toHaveLength(4)
    })

    test('is not what the doctor tells of', async () => {
      const { stdout } = await house.run('doctor', '--user=sam', '--course=bio', '--assignment=ps1', '--json')
      expect(stdout).toContain('0 submissions of sam')
    })
  })
})
