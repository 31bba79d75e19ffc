import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** What /proc counts processor time in, per second; the same on every Linux that we know. */
const TICKS = 100

/** What processes and their children have used. Of no process, as of an exchange elsewhere, there are no figures. */
export class ProcessFigures {
  readonly #pids: readonly number[]
  #cpuBefore = 0

  constructor(...pids: number[]) {
    this.#pids = pids
    this.reset()
  }

  /** From here on. */
  reset(): void {
    for (const pid of this.#all()) writeFileSync(`/proc/${pid}/clear_refs`, '5')
    this.#cpuBefore = this.#cpuSeconds()
  }

  /** Seconds of processor time since `reset`, for every 1000 requests, and the peak of the resident memory in MB. */
  since(requests: number): Record<string, number> {
    if (this.#pids.length === 0) return {}
    const peaks = this.#all().map((pid) => fieldOf(pid, 'VmHWM'))
    return {
      'CPU s/1000': ((this.#cpuSeconds() - this.#cpuBefore) / requests) * 1000,
      'peak RSS MB': peaks.reduce((sum, kilobytes) => sum + kilobytes / 1000, 0),
    }
  }

  /** Resident now, in MB. */
  resident(): number {
    return this.#all().reduce((sum, pid) => sum + fieldOf(pid, 'VmRSS') / 1000, 0)
  }

  #cpuSeconds(): number {
    return this.#all().reduce((sum, pid) => sum + cpuSecondsOf(pid), 0)
  }

  #all(): number[] {
    return this.#pids.flatMap((pid) => [pid, ...childrenOf(pid)])
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}

function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in brackets may hold anything; the fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

function fieldOf(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0)
}
