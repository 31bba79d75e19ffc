/** One system call in a trace of `strace -f -y`. Lines are counted from 0. */
export interface SystemCall {
  name: string
  /** Its arguments as strace prints them. */
  text: string
  /** What it gave back; NaN where it never returned. */
  result: number
  /** The line in which it began, and the one in which it returned. */
  began: number
  returned: number
}

const WHOLE = /^(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+)/
const BEGUN = /^(\d+)\s+(\w+)\((.*) <unfinished \.\.\.>$/
const RESUMED = /^(\d+)\s+<\.\.\. (\w+) resumed>(.*)\)\s+= (-?\d+)/

/** The calls of a trace, in the order in which they began; lines that are no calls (signals, exits) are left out. */
export function parseTrace(trace: string): SystemCall[] {
  const calls: SystemCall[] = []
  const open = new Map<string, SystemCall>()
  trace.split('\n').forEach((line, at) => {
    const whole = WHOLE.exec(line)
    const begun = BEGUN.exec(line)
    const resumed = RESUMED.exec(line)
    if (whole) {
      const [, , name = '', text = '', result] = whole
      calls.push({ name, text, result: Number(result), began: at, returned: at })
    } else if (begun) {
      const [, thread = '', name = '', text = ''] = begun
      const call = { name, text, result: Number.NaN, began: at, returned: Number.POSITIVE_INFINITY }
      calls.push(call)
      open.set(thread, call)
    } else if (resumed) {
      const [, thread = '', , rest = '', result] = resumed
      const call = open.get(thread)
      if (!call) return
      open.delete(thread)
      call.text += rest
      call.result = Number(result)
      call.returned = at
    }
  })
  return calls
}

/** The file that the descriptor in the first argument stands for: `17</data/x>, ...`. */
export function fileOf(call: SystemCall): string {
  return /^\d+<([^>]*)>/.exec(call.text)?.[1] ?? ''
}

/** The paths among the arguments, in their order. */
export function pathsOf(call: SystemCall): string[] {
  return [...call.text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '')
}

/** The first of them. */
export function pathOf(call: SystemCall): string {
  return pathsOf(call)[0] ?? ''
}
