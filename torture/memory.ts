import { startS3 } from '../server/test/servers/s3.ts'
import { thereAndBack } from './big-file.ts'
import { release } from './hand-in.ts'
import { removeFolder, scratchFolder } from './scratch.ts'
import { ServiceChild } from './service-child.ts'
import { runTool } from './tool.ts'

const MB = 1_000_000
const SMALL = 50 * MB

/** Peak resident memory, in bytes, of a fresh service that takes and gives a file of so many bytes over both faces. */
export async function peakMemoryFor(bytes: number, env: Record<string, string> = {}): Promise<number> {
  const directory = scratchFolder()
  const service = await ServiceChild.start({ directory, env })
  try {
    await release(service.url)
    await thereAndBack(service.url, 'api', bytes)
    await thereAndBack(service.url, 'legacy', bytes)
    return service.peakMemory()
  } finally {
    await service.kill()
    removeFolder(directory)
  }
}

/** `2g`, `200m`, `1024`: bytes, by powers of ten. */
function bytesFrom(size: string): number {
  const [, number, unit = ''] = /^(\d+)([kmg]?)$/i.exec(size) ?? []
  if (number === undefined) throw new Error(`not a size: ${size}`)
  return Number(number) * { '': 1, k: 1000, m: MB, g: 1000 * MB }[unit.toLowerCase() as '' | 'k' | 'm' | 'g']
}

if (import.meta.main) {
  await runTool({
    name: 'memory',
    summary: 'memory does not depend on the size of a file, up or down, on either face (P14)',
    options: {
      size: { otherwise: '2g', help: 'how large the large file is' },
      limit: { otherwise: '250', help: 'highest peak of the service, in MB' },
      storage: { otherwise: 'filesystem', help: 'filesystem, or s3' },
      growth: { otherwise: '30', help: 'how much higher than with 50 MB, in MB' },
    },
    async run(given, report) {
      const start = performance.now()
      const s3 = given.storage === 's3' ? await startS3() : undefined
      const env = s3?.settings('memory/') ?? {}
      const small = (await peakMemoryFor(SMALL, env)) / MB
      const large = (await peakMemoryFor(bytesFrom(given.size), env)) / MB
      await s3?.stop()
      const seconds = ((performance.now() - start) / 1000).toFixed(0)
      const figures = `${large.toFixed(0)} MB at ${given.size}, ${small.toFixed(0)} MB at 50 MB (${seconds} s)`
      report.check(
        `peak memory: ${figures}`,
        large < Number(given.limit) ? [] : [`not below ${given.limit} MB`],
      )
      const growth = large - small
      report.check(`${growth.toFixed(0)} MB more for the large file`, [
        ...(growth < Number(given.growth) ? [] : [`not below ${given.growth} MB`]),
      ])
    },
  })
}
