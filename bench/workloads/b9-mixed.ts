import { type Body, bodies } from '../bodies.ts'
import { type Contestant, contest } from '../contest.ts'
import { type Driven, drive, loadFigures } from '../drive.ts'
import { student } from '../faces.ts'
import { type Measured, startMeasured } from '../service.ts'
import { quantile } from '../statistics.ts'
import type { Workload } from '../workload.ts'
import { ASSIGNMENT, handingIn, pick } from './handing-in.ts'

const LISTING_CLIENTS = 50
/** A page that somebody has open asks again after so long. */
const PAUSE_MS = 1000
const COLLECTED = 'ps0'
const COLLECTED_STUDENTS = 40

export const mixedLoad: Workload = {
  id: 'B9',
  title: 'The storm alone, and while 50 pages refresh their list each second and an instructor collects',
  async run(bench) {
    const service = await startMeasured(bench)
    try {
      const files = bodies(8, 4_300_000)
      const [small] = bodies(1, 300_000) as [Body]
      await prepare(service, small)
      await service.api.release(ASSIGNMENT, pick(files, 0))
      const requests = bench.quick ? 32 : 200
      const storm = (face: Measured['api']) =>
        handingIn({ bench, service, files, face, requests, as: { clients: 16 } })
      const contestants = [service.api, service.legacy].flatMap((face) => [
        { ...storm(face), name: `${face.name}, the storm alone` },
        besideOthers(service, small, { ...storm(face), name: `${face.name}, with the others` }),
      ])
      return { tables: [{ title: '4.3 MB, 16 clients', rows: await contest(contestants, bench.rounds) }] }
    } finally {
      await service.stop()
    }
  },
}

/** Another assignment, handed in by some, for the instructor to collect. */
async function prepare(service: Measured, small: Body): Promise<void> {
  await service.api.release(COLLECTED, small)
  for (let index = 0; index < COLLECTED_STUDENTS; index++) {
    await service.api.submit(student(index), COLLECTED, small)
  }
}

/** The storm's own figures, and how many lists and files the others had meanwhile. */
function besideOthers(service: Measured, small: Body, storm: Contestant): Contestant {
  return {
    name: storm.name,
    async run() {
      const rest = new AbortController()
      const lists = refreshLists(service, rest.signal)
      const files = collect(service, small, rest.signal)
      const figures = await storm.run()
      rest.abort()
      const [listed, collected] = await Promise.all([lists, files])
      const failed = (figures.failed ?? 0) + listed.failures.length + collected.failures.length
      return {
        ...figures,
        failed,
        'lists/s': loadFigures(listed)['req/s'] ?? 0,
        'list p99 ms': quantile(listed.latencies, 0.99),
        'collected/s': loadFigures(collected)['req/s'] ?? 0,
      }
    },
  }
}

function refreshLists(service: Measured, until: AbortSignal): Promise<Driven> {
  return drive({
    requests: Number.POSITIVE_INFINITY,
    as: { clients: LISTING_CLIENTS, pauseMs: PAUSE_MS },
    until,
    async one(index) {
      await service.api.listAssignments(student(index % LISTING_CLIENTS))
      return 0
    },
  })
}

/** One file after the other, again and again. */
async function collect({ api }: Measured, expected: Body, until: AbortSignal): Promise<Driven> {
  const handedIn = await api.handedIn(COLLECTED)
  return drive({
    requests: Number.POSITIVE_INFINITY,
    as: { clients: 1 },
    until,
    async one(index) {
      const submission = handedIn[index % handedIn.length]
      if (!submission) throw new Error('there is nothing to collect')
      await api.collect(submission, expected)
      return expected.bytes.length
    },
  })
}
