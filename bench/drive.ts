import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from './statistics.ts'

/** Does the request with this number and answers how many bytes of files it moved; throws where anything is not right. */
export type OneRequest = (index: number) => Promise<number>

export interface Load {
  requests: number
  one: OneRequest
  /** So many clients that each begin the next request when the last one is answered and a pause is over, or arrivals by chance, so many a second. */
  as: { clients: number; pauseMs?: number } | { perSecond: number; random: () => number }
  /** Ends it before its last request. */
  until?: AbortSignal
}

export interface Driven {
  seconds: number
  bytes: number
  /** Milliseconds, one for each request that went well. */
  latencies: number[]
  failures: string[]
}

/** Puts the load on and waits for the last answer. */
export async function drive(load: Load): Promise<Driven> {
  const driven: Driven = { seconds: 0, bytes: 0, latencies: [], failures: [] }
  const began = performance.now()
  await ('clients' in load.as ? closedLoop(load, load.as, driven) : openLoop(load, load.as, driven))
  driven.seconds = (performance.now() - began) / 1000
  return driven
}

/** As `drive`; throws where a single request did not go well. */
export async function driveWell(load: Load): Promise<Driven> {
  const driven = await drive(load)
  const [failure] = driven.failures
  if (failure !== undefined) throw new Error(`${driven.failures.length} requests failed: ${failure}`)
  return driven
}

/** What every load gives: columns of a table by their headings. */
export function loadFigures(driven: Driven): Record<string, number> {
  const { bytes, failures, latencies, seconds } = driven
  if (latencies.length === 0) throw new Error(`no request went well: ${failures[0]}`)
  return {
    'req/s': latencies.length / seconds,
    ...(bytes > 0 && { 'MB/s': bytes / seconds / 1e6 }),
    'p50 ms': quantile(latencies, 0.5),
    'p99 ms': quantile(latencies, 0.99),
    failed: failures.length,
  }
}

async function closedLoop(
  load: Load,
  { clients, pauseMs }: { clients: number; pauseMs?: number },
  driven: Driven,
): Promise<void> {
  let next = 0
  const client = async () => {
    while (next < load.requests && !load.until?.aborted) {
      await timed(load.one, next++, driven)
      if (pauseMs !== undefined)
        await sleep(pauseMs, undefined, { signal: load.until }).catch(() => undefined)
    }
  }
  await Promise.all(Array.from({ length: Math.min(clients, load.requests) }, client))
}

/** Nobody waits for anybody: what the service does not keep up with queues up, and shows in the latencies. */
async function openLoop(
  load: Load,
  arrivals: { perSecond: number; random: () => number },
  driven: Driven,
): Promise<void> {
  const running: Promise<void>[] = []
  let due = performance.now()
  for (let index = 0; index < load.requests; index++) {
    due += (-Math.log(1 - arrivals.random()) / arrivals.perSecond) * 1000
    const early = due - performance.now()
    if (early > 0) await sleep(early)
    running.push(timed(load.one, index, driven))
  }
  await Promise.all(running)
}

async function timed(one: OneRequest, index: number, driven: Driven): Promise<void> {
  const began = performance.now()
  try {
    const bytes = await one(index)
    driven.bytes += bytes
    driven.latencies.push(performance.now() - began)
  } catch (error) {
    driven.failures.push(error instanceof Error ? error.message : String(error))
  }
}
