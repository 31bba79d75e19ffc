import { placesIn } from '../../torture/service-child.ts'
import { contest, type Rounds } from '../contest.ts'
import { drive, loadFigures } from '../drive.ts'
import type { Face } from '../faces.ts'
import { FilledClass } from '../fill.ts'
import { startMeasured } from '../service.ts'
import { median } from '../statistics.ts'
import type { Reply } from '../wire.ts'
import type { Bench, Curve, Outcome, Table } from '../workload.ts'

export interface Growing {
  assignments: number
  requests: number
  /** Alone, and with others at the same time. */
  clients: readonly number[]
  ask: (face: Face, index: number) => Promise<Reply>
}

/** Asks the same of a class of 125 students, of 250, and so on to 8000. */
export async function asTheClassGrows(bench: Bench, what: Growing): Promise<Outcome> {
  const service = await startMeasured(bench)
  const filled = await FilledClass.begin(placesIn(bench.folder).database, what.assignments)
  // A peer has the class that it has.
  const faces = [service.api, service.legacy]
  const curves = faces.map((face): Curve => ({ name: face.name, points: [] }))
  const tables: Table[] = []
  try {
    for (const students of bench.quick ? [125, 250, 500] : [125, 250, 500, 1000, 2000, 4000, 8000]) {
      await filled.growTo(students)
      bench.say(`  ${students} students`)
      const contestants = faces.flatMap((face) =>
        what.clients.map((clients) => ({
          name: `${face.name}, ${clients} ${clients === 1 ? 'client' : 'clients'}`,
          async run() {
            const requests = bench.quick ? Math.ceil(what.requests / 5) : what.requests
            let answered = 0
            const one = async (index: number) => {
              answered = (await what.ask(face, index % students)).size
              return 0
            }
            service.figures.reset()
            const driven = await drive({ requests, as: { clients }, one })
            return {
              ...loadFigures(driven),
              ...service.figures.since(requests),
              'answer kB': answered / 1000,
            }
          },
        })),
      )
      const rounds = roundsFor(students, bench.rounds)
      const rows = await contest(contestants, rounds)
      tables.push({ title: `${students} students (runs: ${rounds.runs})`, rows })
      for (const curve of curves) {
        const alone = rows.find(({ name }) => name === `${curve.name}, 1 client`)
        curve.points.push({ x: students, y: median(alone?.figures['p50 ms'] ?? []) })
      }
    }
    return { tables, curves }
  } finally {
    await filled.close()
    await service.stop()
  }
}

/** A large class is measured three times at the most: it takes longest and varies least. */
function roundsFor(students: number, rounds: Rounds): Rounds {
  return students > 1000 ? { ...rounds, runs: Math.min(3, rounds.runs) } : rounds
}
