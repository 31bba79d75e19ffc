import { afterAll, describe, expect, test } from 'vitest'
import { cleanUp } from '../../../torture/clean-up.ts'
import { crashPoints } from '../../../torture/crash-points.ts'
import { leftOut, needPrograms } from '../../../torture/programs.ts'

afterAll(cleanUp)

describe.skipIf(leftOut(() => needPrograms({ gcc: 'build-essential' })))('a service that is killed', () => {
  test('right after any sync of a hand-in takes the retry as the same hand-in: one row, one receipt', async () => {
    const retries: number[] = []
    for await (const point of crashPoints(['sync', 'link'])) {
      expect(point).toMatchObject({ problems: [] })
      retries.push(point.retry)
    }
    // After the sync of the row it was there, and nobody had been told. SQLite syncs more often when it starts its log anew.
    expect(retries).toContain(200)
    expect(retries[0]).toBe(201)
  })
})
