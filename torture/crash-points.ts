import { randomFillSync, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { auditStore, lostOf } from './audit.ts'
import { ALL_CALLS, CALLS_OPTION, type Call, callsFrom, Faults, faultfsLibrary } from './faultfs.ts'
import { type Answer, archive, COURSE, handIn, ownReceipts, person, release, sha256Of } from './hand-in.ts'
import { scratchFolder } from './scratch.ts'
import { placesIn, ServiceChild } from './service-child.ts'
import { runTool } from './tool.ts'

export interface CrashPoint {
  /** The process died right after this call of the hand-in, counted from 1. */
  nth: number
  /** What the retry was answered: 201 where the first try had left no row, 200 where it had. */
  retry: number
  problems: string[]
}

/** Some hand-ins make fewer calls, as their folder is there already: only after so many in a row is there no later call. */
const SPARED_AT_LAST = 3

const student = person('sam', 'Student', COURSE)

/**
 * Kills the service right after its 1st, 2nd, ... call of these kinds while it takes a file, until it answers before it dies. After each:
 * restart, the same file again with the same Idempotency-Key. That must give one row and, ever after, one receipt.
 */
export async function* crashPoints(calls: readonly Call[] = ALL_CALLS): AsyncGenerator<CrashPoint> {
  const directory = scratchFolder()
  const faults = new Faults(join(scratchFolder(), 'control'))
  const env = { LD_PRELOAD: faultfsLibrary(), FF_PATH: directory, FF_CONTROL: faults.file }
  const known = { sent: new Set<string>(), checked: new Set<string>() }
  let service = await ServiceChild.start({ directory, env })
  await release(service.url)
  for (let nth = 1, spared = 0; spared < SPARED_AT_LAST; ) {
    const body = archive(randomFillSync(Buffer.alloc(3_000_000)))
    const sha256 = sha256Of(body)
    known.sent.add(sha256)
    const what = { face: 'api', student, body, idempotencyKey: randomUUID() } as const
    faults.arm({ calls, with: 'kill', nth })
    const first = await handIn(service.url, what).catch(() => null)
    const died = faults.disarm() > 0
    if (!died) {
      spared += 1
      continue
    }
    spared = 0
    await service.untilGone()
    service = await ServiceChild.start({ directory, env })
    const { partials } = placesIn(directory)
    const audit = await auditStore(directory, known)
    const retry = await handIn(service.url, what)
    const again = await handIn(service.url, what)
    const rows = (await ownReceipts(service.url, student)).filter((receipt) => receipt.sha256 === sha256)
    yield {
      nth,
      retry: retry.status,
      problems: [
        ...audit.problems,
        ...(audit.partials > 0 ? [`${audit.partials} files left in ${partials}`] : []),
        ...(rows.length === 1 ? [] : [`${rows.length} rows`]),
        ...differences(first, retry, again),
        ...(await lostOf(service.url, [{ student: student.name, sha256, face: 'api' }])),
      ],
    }
    nth += 1
  }
  await service.stop()
  faults.close()
}

/** The answer before the crash counts, where there was one: what was acknowledged stays as it was. */
export function differences(first: Answer | null, retry: Answer, again: Answer): string[] {
  const problems: string[] = []
  if (!retry.acknowledged) problems.push(`the retry was answered ${retry.status}`)
  if (again.status !== 200) problems.push(`the second retry was answered ${again.status}`)
  const receipt = JSON.stringify(retry.receipt)
  if (JSON.stringify(again.receipt) !== receipt) problems.push('the second retry has another receipt')
  if (first?.acknowledged && retry.status !== 200) problems.push('acknowledged, and yet made again')
  if (first?.receipt && JSON.stringify(first.receipt) !== receipt)
    problems.push('the retry has another receipt')
  return problems
}

if (import.meta.main) {
  await runTool({
    name: 'crash-points',
    summary: 'a crash after any call of a hand-in, and a retry, make one row and one receipt (P3, P9)',
    options: { calls: CALLS_OPTION },
    async run(given, report) {
      const calls = callsFrom(given.calls)
      const retries = new Map<number, number>()
      for await (const { nth, problems, retry } of crashPoints(calls)) {
        report.check(`died after call ${nth}; the retry was answered ${retry}`, problems)
        retries.set(retry, (retries.get(retry) ?? 0) + 1)
      }
      const unanswered = retries.get(200) ?? 0
      report.check(`${unanswered} crashes came after the commit and before the answer`, [
        ...(unanswered === 0 ? ['none did: the window of P9 was not met'] : []),
      ])
    },
  })
}
