import { setTimeout as sleep } from 'node:timers/promises'
import { placesIn } from '../../torture/service-child.ts'
import { contest } from '../contest.ts'
import { FilledClass } from '../fill.ts'
import { startMeasured } from '../service.ts'
import { askWell } from '../wire.ts'
import type { Workload } from '../workload.ts'

export const coldStart: Workload = {
  id: 'B10',
  title: 'Start until ready, and what it needs when nobody asks; 100 000 submissions in the database',
  async run(bench) {
    const first = await startMeasured(bench)
    const filled = await FilledClass.begin(placesIn(bench.folder).database, 50)
    await filled.growTo(bench.quick ? 100 : 2000)
    await filled.close()
    await first.stop()
    const start = async () => {
      const began = performance.now()
      const service = await startMeasured(bench)
      try {
        await askWell(service.agent, new URL('/health/ready', service.url).href)
        const ready = performance.now() - began
        await sleep(bench.quick ? 200 : 2000)
        return { 'ready ms': ready, 'idle RSS MB': service.figures.resident() }
      } finally {
        await service.stop()
      }
    }
    return {
      tables: [{ title: 'start', rows: await contest([{ name: 'service', run: start }], bench.rounds) }],
    }
  },
}
