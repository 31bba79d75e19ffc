import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { kill, pid } from 'node:process'
import { errnoOf } from './disk-errors.ts'

/** A process of this host. The start token tells it from earlier processes that had its number. */
export interface ProcessIdentity {
  pid: number
  token: string
}

/** Where the system has no `/proc`, processes are told apart by number alone. */
const NO_TOKEN = 'unknown'

const self = { host: hostToken(), pid, token: startToken(pid) }

/**
 * This process, and the host in which its number means something: host name and PID namespace, because containers
 * that share a host name do not share process numbers. All of it is letters, digits, `_`, `.` and (in host) `-`.
 */
export function thisProcess(): ProcessIdentity & { host: string } {
  return self
}

/** Whether that very process of this host still runs. In doubt it does. */
export function isAlive(process: ProcessIdentity): boolean {
  try {
    kill(process.pid, 0)
  } catch (error) {
    return errnoOf(error) !== 'ESRCH'
  }
  const token = startToken(process.pid)
  return token === NO_TOKEN || token === process.token
}

function hostToken(): string {
  const namespace = orElse(() => readlinkSync('/proc/self/ns/pid').replace(/\D/g, ''), '0')
  return `${hostname().replace(/[^\w.-]/g, '_')}.${namespace}`
}

/** The boot and the clock tick since then in which the process started. */
function startToken(processId: number): string {
  return orElse(() => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
    const status = readFileSync(`/proc/${processId}/stat`, 'utf8')
    // The command's name stands in parentheses and may hold anything; the start time is field 22, the 20th after it.
    const tick = status.slice(status.lastIndexOf(')') + 2).split(' ')[19]
    return tick === undefined ? NO_TOKEN : `${boot}_${tick}`
  }, NO_TOKEN)
}

/** What `/proc` says, or `otherwise` where it does not say it to us. */
function orElse(read: () => string, otherwise: string): string {
  try {
    return read()
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return otherwise
  }
}
