import { FaultedService, isSuccess } from './faulted-service.ts'
import { ALL_CALLS, CALLS_OPTION, type Call, callsFrom, type Fault } from './faultfs.ts'
import type { Face } from './hand-in.ts'
import { runTool } from './tool.ts'

export interface FaultRound {
  what: string
  call: Call
  /** The answer while the fault was armed; null for the look after a restart. */
  status: number | null
  problems: string[]
}

/**
 * Lets the 1st, 2nd, ... of each of these calls fail while a file is handed in, until none is left to fail, over both faces in
 * turn. After each: an honest answer, a living process that takes the next file, no file left open. After each kind of call:
 * kill -9 and a restart, and everything acknowledged is there and nothing else.
 */
export async function* faultRounds(
  calls: readonly Call[] = ALL_CALLS,
  errors: readonly ('EIO' | 'ENOSPC')[] = ['EIO', 'ENOSPC'],
): AsyncGenerator<FaultRound> {
  const service = new FaultedService()
  await service.restart()
  for (const call of calls) {
    for (const error of errors) {
      for (let nth = 1; ; nth++) {
        const round = await faultOnce(service, { calls: [call], with: error, nth })
        if (!round) break
        yield { ...round, call }
        if (!service.child.isAlive) return
      }
    }
    await service.restart()
    const problems = await service.problemsAfterRestart()
    yield { what: `restart after every ${call} had failed`, call, status: null, problems }
  }
  await service.close()
}

/** Null where the fault was not met any more: the hand-in makes fewer such calls. */
async function faultOnce(service: FaultedService, fault: Fault): Promise<Omit<FaultRound, 'call'> | null> {
  const face: Face = fault.nth % 2 === 1 ? 'api' : 'legacy'
  await service.submit(face)
  const open = service.child.openFiles()
  const { hit, status } = await service.submitWith(fault, face)
  if (!hit) return null
  const what = `${fault.calls.join()} ${fault.nth} over ${face} fails with ${fault.with}: ${status}`
  const problems = isSuccess(status) || status >= 500 ? [] : [`answered ${status}`]
  if (!service.child.isAlive) return { what, status, problems: [...problems, 'the process died'] }
  const next = await service.submit(face)
  if (!isSuccess(next)) problems.push(`the next file was answered ${next}`)
  const left = (await service.child.openFilesBackTo(open)) - open
  if (left > 0) problems.push(`${left} files stay open`)
  if (fault.calls.includes('write') || fault.calls.includes('sync')) {
    // What a failed commit has left in the log of the database turns up only when nothing was written after it.
    await service.submitWith(fault, face)
    await service.restart()
  }
  return { what, status, problems: [...problems, ...(await service.problems())] }
}

if (import.meta.main) {
  await runTool({
    name: 'io-faults',
    summary: 'every call of a hand-in may fail once: honest answers, nothing lost, nothing left open (P4)',
    options: { calls: CALLS_OPTION },
    async run(given, report) {
      for await (const { problems, what } of faultRounds(callsFrom(given.calls))) report.check(what, problems)
    },
  })
}
