import { spawn } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { archive, COURSE, handIn, person, release } from './hand-in.ts'
import { needPrograms } from './programs.ts'
import { scratchFolder } from './scratch.ts'
import { MAIN, ServiceChild, settingsFor } from './service-child.ts'

const CALLS =
  'write,writev,pwrite64,pwritev,fdatasync,fsync,link,linkat,rename,renameat,renameat2,mkdir,mkdirat,sendto,sendmsg'

const straceTo = (output: string, ...more: string[]) => {
  const options = ['-f', '-y', '--seccomp-bpf', '-s', '64', '-e', `trace=${CALLS}`, '-o', output]
  return ['strace', ...more, ...options]
}

/** The trace of a real service that takes so many files, one after the other, over both faces; without what came before them. */
export async function traceHandIns(files: number): Promise<string> {
  needPrograms({ strace: 'strace' })
  const directory = scratchFolder()
  const output = join(scratchFolder(), 'trace')
  // With -D the service itself is our child, and strace watches it from aside.
  const wrapper = straceTo(output, '-D')
  const service = await ServiceChild.start({ directory, wrapper })
  await release(service.url)
  const before = (await flushed(output, /"HTTP\/1\.1 201/)).length
  for (let file = 0; file < files; file++) {
    const body = archive(randomFillSync(Buffer.alloc(1 + ((file * 7919) % 300_000))))
    const student = person(`student${file % 3}`, 'Student', COURSE)
    const answer = await handIn(service.url, { face: file % 2 === 0 ? 'api' : 'legacy', student, body })
    if (!answer.acknowledged) throw new Error(`hand-in ${file + 1} was answered ${answer.status}`)
  }
  await service.stop()
  return (await flushed(output, /\+\+\+ exited with/)).slice(before)
}

/** The trace of an import that takes over by link what an nbexchange 1.5 has left in `old`. */
export async function traceImport(old: string): Promise<string> {
  needPrograms({ strace: 'strace' })
  const directory = scratchFolder()
  const output = join(scratchFolder(), 'trace')
  cpSync(old, join(directory, 'old'), { recursive: true })
  const from = ['--from-db=sqlite:///old/exchange.db', '--from-storage=old/storage', '--link']
  const [strace = '', ...options] = straceTo(output)
  const args = [...options, process.execPath, MAIN, 'import', ...from]
  const [code] = await once(
    spawn(strace, args, { cwd: directory, env: settingsFor(directory), stdio: 'ignore' }),
    'exit',
  )
  // Something in it is broken, and that is told.
  if (code !== 3) throw new Error(`the import ended with ${code}`)
  return readFileSync(output, 'utf8')
}

/** The trace, once the line that we wait for is in it. */
async function flushed(file: string, wanted: RegExp): Promise<string> {
  for (let wait = 0; wait < 100; wait++) {
    const text = readFileSync(file, 'utf8')
    if (wanted.test(text) && text.endsWith('\n')) return text
    await sleep(50)
  }
  throw new Error(`${file} never told of ${wanted}`)
}
