import { readFileSync, writeSync } from 'node:fs'

/** For `node --import`: as its last words a process tells what the kernel knows of it, its peak memory among it. */
process.on('exit', () => writeSync(2, readFileSync('/proc/self/status')))
