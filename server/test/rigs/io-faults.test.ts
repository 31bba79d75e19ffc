import { afterAll, describe, expect, test } from 'vitest'
import { cleanUp } from '../../../torture/clean-up.ts'
import { faultRounds } from '../../../torture/io-faults.ts'
import { leftOut, needPrograms } from '../../../torture/programs.ts'

afterAll(cleanUp)

describe.skipIf(leftOut(() => needPrograms({ gcc: 'build-essential' })))('a disk that fails once', () => {
  test('at any sync or naming of a hand-in: an honest answer, the next one is taken, no row without its file', async () => {
    const ofSyncs: (number | null)[] = []
    for await (const { call, problems, status, what } of faultRounds(['sync', 'link'], ['EIO'])) {
      expect(problems, what).toEqual([])
      if (call === 'sync') ofSyncs.push(status)
    }
    // Among the syncs is that of the rows, and a database that cannot write is no defect of ours.
    expect(ofSyncs).toContain(503)
    expect(ofSyncs.at(-1)).toBe(null)
  })
})
