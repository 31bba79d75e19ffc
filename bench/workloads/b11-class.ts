import { randomUUID } from 'node:crypto'
import { classThrough } from '../class-flow.ts'
import { type Contestant, contest, fewer } from '../contest.ts'
import type { Face } from '../faces.ts'
import { type Measured, startMeasured } from '../service.ts'
import type { Workload } from '../workload.ts'

export const wholeClass: Workload = {
  id: 'B11',
  title:
    'A class through a whole assignment: release, fetch, submit, collect, feedback, fetch it; 300 kB each',
  async run(bench) {
    const service = await startMeasured(bench)
    const students = bench.quick ? 40 : 250
    try {
      const contestants = service.faces.map((face) => working(service, { face, students }))
      const rows = await contest(contestants, fewer(bench.rounds))
      return { tables: [{ title: `seconds for ${students} students, 16 at a time`, rows }] }
    } finally {
      await service.stop()
    }
  },
}

function working(service: Measured, { face, students }: { face: Face; students: number }): Contestant {
  return {
    name: face.name,
    async run() {
      const began = Date.now()
      const assignment = `class-${randomUUID().slice(0, 8)}`
      const figures: Record<string, number> = { all: 0 }
      for await (const { driven, what } of classThrough({
        face,
        assignment,
        students,
        clients: 16,
        size: 300_000,
      })) {
        const [failure] = driven.failures
        if (failure !== undefined) throw new Error(`${what}: ${failure}`)
        figures[what] = driven.seconds
        figures.all = (figures.all ?? 0) + driven.seconds
      }
      service.forgetFiles(began)
      return figures
    },
  }
}
