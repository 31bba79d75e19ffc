import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { needPrograms } from '../../torture/programs.ts'

interface FioReport {
  jobs: { write: { bw_bytes: number; iops: number } }[]
}

/** The disk below everything: one stream of writes with an fsync at its end, in MB/s. */
export async function sequentialWrite(folder: string, megabytes: number): Promise<Record<string, number>> {
  const write = await fio(folder, ['--rw=write', '--bs=1M', `--size=${megabytes}M`, '--end_fsync=1'])
  return { 'MB/s': write.bw_bytes / 1e6 }
}

/** Small writes, each made durable before the next, by so many at once: how many a second. */
export async function durableWrites(folder: string, jobs: number): Promise<Record<string, number>> {
  const write = await fio(folder, [
    ...['--rw=write', '--bs=4k', '--size=8M', '--fdatasync=1'],
    ...[`--numjobs=${jobs}`, '--group_reporting'],
  ])
  return { 'req/s': write.iops }
}

async function fio(folder: string, args: readonly string[]) {
  needPrograms({ fio: 'fio' })
  const fixed = [
    '--name=roof',
    `--directory=${folder}`,
    '--ioengine=psync',
    '--output-format=json',
    '--unlink=1',
  ]
  const { stdout } = await promisify(execFile)('fio', [...fixed, ...args])
  const [job] = (JSON.parse(stdout) as FioReport).jobs
  if (!job) throw new Error('fio measured nothing')
  return job.write
}
