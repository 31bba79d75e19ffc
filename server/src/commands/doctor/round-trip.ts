import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type Finding, ill, lookedAt, well } from './findings.ts'
import type { RunningService } from './running-service.ts'

interface Receipt {
  id: string
  sha256: string
}

/** Releases, fetches, hands in and collects a file of random bytes in the course, and removes the assignment again. */
export async function roundTrip(service: RunningService, course: string | undefined): Promise<Finding[]> {
  if (course === undefined || !service.hasToken) {
    return [
      ill(
        'round trip',
        'not made',
        'It needs --course, a course for scratch, and --token of somebody who teaches it.',
      ),
    ]
  }
  const assignment = `doctor-${randomBytes(6).toString('hex')}`
  const path = `courses/${encodeURIComponent(course)}/assignments/${assignment}`
  return lookedAt(
    'round trip',
    'What the service said tells where it broke; its log says more.',
    async () => {
      try {
        return await travel(service, path)
      } finally {
        const body = JSON.stringify({ assignment_id: assignment })
        const headers = { 'content-type': 'application/json' }
        await service
          .ask(`api/v1/${path}/purge`, { method: 'POST', body, headers })
          .then((answer) => answer.body?.cancel())
      }
    },
  )
}

async function travel(service: RunningService, path: string): Promise<Finding> {
  const start = performance.now()
  const bytes = gzipSync(randomBytes(50_000))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const upload = { method: 'POST', body: bytes, headers: { 'content-type': 'application/gzip' } }
  await service.api(`${path}/releases?notebook=p1`, upload)
  await expectSame(service, `${path}/releases/latest/content`, sha256)
  const receipt = await service.api<Receipt>(`${path}/submissions?notebook=p1`, upload)
  if (receipt.sha256 !== sha256) throw new Error(`the receipt names other bytes: ${receipt.sha256}`)
  await expectSame(service, `${path}/submissions/${receipt.id}/content`, sha256)
  const seconds = ((performance.now() - start) / 1000).toFixed(2)
  return well('round trip', `released, fetched, handed in and collected 50 kB in ${seconds} s`)
}

async function expectSame(service: RunningService, path: string, sha256: string): Promise<void> {
  const answer = await service.ask(`api/v1/${path}`)
  if (!answer.ok) throw new Error(`GET ${path} was answered ${answer.status}`)
  const back = createHash('sha256')
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest('hex')
  if (back !== sha256) throw new Error(`GET ${path} gave other bytes back`)
}
