type Task = () => void

const tasks: Task[] = []
let hooked = false

/** Runs `task` when `cleanUp` is called, or the process ends in whatever way but SIGKILL. Last come, first served. */
export function cleanUpLater(task: Task): void {
  if (!hooked) {
    process.on('exit', cleanUp)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
    hooked = true
  }
  tasks.push(task)
}

/** Undoes what was done; a task that fails is told of and does not stop the others. */
export function cleanUp(): void {
  for (let task = tasks.pop(); task; task = tasks.pop()) {
    try {
      task()
    } catch (error) {
      process.exitCode = 1
      process.stderr.write(`clean-up failed: ${String(error)}\n`)
    }
  }
}
