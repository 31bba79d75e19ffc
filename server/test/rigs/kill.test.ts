import { afterAll, describe, expect, test } from 'vitest'
import { cleanUp } from '../../../torture/clean-up.ts'
import { killRounds } from '../../../torture/kill.ts'
import { leftOut, needPrograms } from '../../../torture/programs.ts'
import { newSeed } from '../../../torture/random.ts'

afterAll(cleanUp)

describe.skipIf(leftOut(() => needPrograms({ gcc: 'build-essential' })))('a service that is killed', () => {
  const seed = newSeed()

  test(`in a storm of uploads loses nothing acknowledged and leaves nothing half-written (seed ${seed})`, async () => {
    let acknowledged = 0
    for await (const round of killRounds({ rounds: 5, seed })) {
      expect(round).toMatchObject({ problems: [] })
      acknowledged += round.acknowledged
    }
    expect(acknowledged).toBeGreaterThan(0)
  })
})
