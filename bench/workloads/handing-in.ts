import type { Body } from '../bodies.ts'
import type { Contestant } from '../contest.ts'
import { drive, type Load, loadFigures } from '../drive.ts'
import { type Face, student } from '../faces.ts'
import type { ProcessFigures } from '../process-figures.ts'
import type { Measured } from '../service.ts'
import type { Bench } from '../workload.ts'

export const ASSIGNMENT = 'ps1'

export interface Storm {
  bench: Bench
  service: Measured
  files: Body[]
}

/** Every request is another student's. */
export function handingIn(what: Storm & { face: Face; requests: number; as: Load['as'] }): Contestant {
  const { as, face, files, requests, service } = what
  const one = async (index: number) => {
    const body = pick(files, index)
    await face.submit(student(index), ASSIGNMENT, body)
    return body.bytes.length
  }
  const load: Load = { requests, as, one }
  return {
    name: face.name,
    run: () =>
      measured({ load, used: service.figuresOf(face), forget: (since) => service.forgetFiles(since) }),
  }
}

/** Puts the load on, with what the process used, and makes the disk empty again. */
export async function measured(run: { load: Load; used: ProcessFigures; forget: (since: number) => void }) {
  const began = Date.now()
  run.used.reset()
  const driven = await drive(run.load)
  const figures = { ...loadFigures(driven), ...run.used.since(run.load.requests) }
  run.forget(began)
  return figures
}

/** The bodies in turn. */
export function pick<T extends Body>(files: readonly T[], index: number): T {
  const body = files[index % files.length]
  if (!body) throw new Error('no bodies')
  return body
}
