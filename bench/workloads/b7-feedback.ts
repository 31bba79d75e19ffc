import { Agent } from 'node:http'
import { join } from 'node:path'
import { removeFolder } from '../../torture/scratch.ts'
import { bodies } from '../bodies.ts'
import { type Contestant, contest, fewer } from '../contest.ts'
import { type Face, proxyHeader } from '../faces.ts'
import { legacyFace } from '../legacy-face.ts'
import { callPlugin, needPlugin } from '../plugin.ts'
import type { ProcessFigures } from '../process-figures.ts'
import { type Measured, startMeasured } from '../service.ts'
import type { Workload } from '../workload.ts'
import { type Class, fetchAll, layOut, newAssignment, pagesFor, releaseAll } from './feedback-pages.ts'

interface Room extends Class {
  service: Measured
}

/** For 500 students each release writes 450 MB: 3 runs. */
export const classFeedback: Workload = {
  id: 'B7',
  title: 'Feedback for a class: three pages of 300 kB for each student, released and fetched',
  async run(bench) {
    needPlugin()
    const service = await startMeasured(bench)
    const room = { service, students: bench.quick ? 20 : 500, files: bodies(8, 300_000) }
    const agent = new Agent({ keepAlive: false })
    const before = legacyFace({ url: service.url, agent, headers: proxyHeader })
    const rounds = fewer(bench.rounds)
    try {
      const releasing = [
        releasingWithPlugin(room, join(bench.folder, 'course')),
        ...service.faces.map((face) => releasing16(room, face)),
        releasingOver(room, before, { name: 'legacy, one at a time, each a connection', clients: 1 }),
      ]
      const released = await contest(releasing, rounds)
      const fetching: Contestant[] = []
      for (const face of service.faces) fetching.push(await fetchingOver(room, face))
      const fetched = await contest(fetching, rounds)
      return {
        tables: [
          { title: `release, ${room.students} students`, rows: released },
          { title: `fetch, ${room.students} students, 16 at a time`, rows: fetched },
        ],
      }
    } finally {
      await service.stop()
    }
  },
}

function releasingWithPlugin(room: Room, folder: string): Contestant {
  const { api, url } = room.service
  return {
    name: 'the plugin',
    async run() {
      const began = Date.now()
      const assignment = await newAssignment(api, room)
      layOut(folder, room, assignment)
      const service = new URL(url).origin
      const figures = await measured(room, room.service.figures, () =>
        callPlugin({ call: 'release-feedback', service, assignment, folder }),
      )
      await fetchAll(api, room, assignment)
      removeFolder(folder)
      room.service.forgetFiles(began)
      return figures
    },
  }
}

function releasing16(room: Room, face: Face): Contestant {
  return releasingOver(room, face, { name: `${face.name}, 16 at a time`, clients: 16 })
}

function releasingOver(room: Room, face: Face, how: { name: string; clients: number }): Contestant {
  return {
    name: how.name,
    async run() {
      const began = Date.now()
      const assignment = await newAssignment(face, room)
      const used = room.service.figuresOf(face)
      const figures = await measured(room, used, () => releaseAll(face, room, { ...how, assignment }))
      room.service.forgetFiles(began)
      return figures
    },
  }
}

/** The pages are there before the first run, and stay. */
async function fetchingOver(room: Room, face: Face): Promise<Contestant> {
  const assignment = await newAssignment(face, room)
  await releaseAll(face, room, { assignment, clients: 16 })
  const used = room.service.figuresOf(face)
  return { name: face.name, run: () => measured(room, used, () => fetchAll(face, room, assignment)) }
}

/** `work` answers the seconds that it took for all pages. */
async function measured(
  room: Room,
  figures: ProcessFigures,
  work: () => Promise<number>,
): Promise<Record<string, number>> {
  const pages = pagesFor(room)
  figures.reset()
  const seconds = await work()
  return { 'wall s': seconds, 'pages/s': pages / seconds, ...figures.since(pages) }
}
