import { peakMemoryFor } from '../../torture/memory.ts'
import { contest, fewer } from '../contest.ts'
import type { Workload } from '../workload.ts'

const MB = 1_000_000

export const bigFiles: Workload = {
  id: 'B8',
  title: 'A big file up and down again, over both faces',
  async run(bench) {
    const sizes = bench.quick ? [50, 200] : [50, 1000, 5000]
    const contestants = sizes.map((size) => ({
      name: `${size} MB`,
      async run() {
        const began = performance.now()
        const peak = await peakMemoryFor(size * MB)
        return { 'wall s': (performance.now() - began) / 1000, 'peak RSS MB': peak / MB }
      },
    }))
    const rows = await contest(contestants, fewer(bench.rounds))
    return { tables: [{ title: 'up and down, twice', rows }] }
  },
}
