import { type Body, bodies } from './bodies.ts'
import { type Driven, drive, type OneRequest } from './drive.ts'
import { type Face, type HandedIn, student, type Who } from './faces.ts'

/** One step of the class: what was done, and how it went. */
export interface Step {
  what: string
  driven: Driven
}

export interface ClassOptions {
  face: Face
  assignment: string
  students: number
  /** How many of them at the same time. */
  clients: number
  /** Of each file, in bytes. */
  size: number
}

/**
 * A class works through one assignment: release, everybody fetches and submits, the instructor collects and gives feedback, everybody
 * fetches that. Every file is compared by its digest. A step begins when the one before has ended.
 */
export async function* classThrough(options: ClassOptions): AsyncGenerator<Step> {
  const { assignment, clients, face, students } = options
  const files = bodies(8, options.size)
  const numbers = new Map(Array.from({ length: students }, (_, index) => [student(index).name, index]))
  const file = (index: number): Body => files[index % files.length] ?? nothing(index)
  let handedIn: HandedIn[] = []
  const step = async (what: string, requests: number, one: OneRequest): Promise<Step> => ({
    what,
    driven: await drive({ requests, one, as: { clients } }),
  })
  const everybody = (what: string, one: (who: Who, body: Body) => Promise<void>) =>
    step(what, students, async (index) => {
      await one(student(index), file(index))
      return options.size
    })
  const eachSubmission = (what: string, one: (submission: HandedIn, body: Body) => Promise<void>) =>
    step(what, handedIn.length, async (index) => {
      const submission = handedIn[index] ?? nothing(index)
      await one(submission, file(numbers.get(submission.student) ?? -1))
      return options.size
    })

  yield await step('release', 1, async () => {
    await face.release(assignment, file(0))
    return options.size
  })
  yield await everybody('fetch', (who) => face.fetch(who, assignment, file(0)))
  yield await everybody('submit', (who, body) => face.submit(who, assignment, body))
  yield await step('list what came', 1, async () => {
    handedIn = await face.handedIn(assignment)
    if (handedIn.length !== students) throw new Error(`${handedIn.length} submissions, not ${students}`)
    return 0
  })
  yield await eachSubmission('collect', (submission, body) => face.collect(submission, body))
  yield await eachSubmission('give feedback', ({ student: name, timestamp }, html) =>
    face.giveFeedback({ student: { name, role: 'Student' }, assignment, timestamp, notebook: 'p1', html }),
  )
  yield await everybody('fetch feedback', (who, html) =>
    face.fetchFeedback(who, assignment, new Map([['p1', html]])),
  )
}

function nothing(index: number): never {
  throw new Error(`there is nothing with the number ${index}`)
}
