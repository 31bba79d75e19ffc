import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, runOn } from '../databases.ts'
import { archive, person, startTestService, type TestService, upload } from '../start.ts'
import { CuttingProxy } from './cutting-proxy.ts'

let database: { url: string; drop(): Promise<unknown> }
let proxy: CuttingProxy
let service: TestService
const student = person('zoe', 'Student')
const path = 'courses/bio/assignments/ps1/submissions'

beforeAll(async () => {
  database = await freshDatabase('')
  const { hostname, port } = new URL(database.url)
  proxy = await CuttingProxy.start({ host: hostname, port: Number(port) })
  const through = database.url.replace(`:${port}/`, `:${proxy.port}/`)
  service = await startTestService({ NBEX_DB_URL: through })
  const teacher = person('ina', 'Instructor')
  await service.api(teacher, 'courses/bio/assignments/ps1/releases?notebook=p1', upload(archive('r')))
  await service.api(student, 'me')
})
afterAll(async () => {
  await service.close()
  await proxy.stop()
  await database.drop()
})

describe.each([
  { cut: 'before the server has it', retried: 201 },
  { cut: 'before its answer arrives', retried: 200 },
] as const)('a line that is lost in the commit, $cut', ({ cut, retried }) => {
  test('is no success, and the retry gives one row and one receipt', async () => {
    const body = archive(`cut ${cut}`)
    const key = cut.replaceAll(' ', '-')
    const handIn = () => service.api(student, path, upload(body, { 'idempotency-key': key }))
    proxy.cutNext = cut
    const lost = await handIn()
    expect([lost.status, await lost.json()]).toMatchObject([503, { code: 'unavailable' }])
    expect(Number(lost.headers.get('retry-after'))).toBeGreaterThan(0)

    const again = await handIn()
    expect(again.status).toBe(retried)
    const receipt = (await again.json()) as { id: string }
    expect(await (await handIn()).json()).toEqual(receipt)
    const rows = await runOn(database.url, `select id from submissions where idempotency_key = '${key}'`)
    expect(rows.map(({ id }) => String(id))).toEqual([receipt.id])

    const content = await service.api(student, `${path}/${receipt.id}/content`)
    expect(Buffer.from(await content.arrayBuffer())).toEqual(body)
  })
})

test('a file whose row may exist is never removed, and one whose row cannot exist is', async () => {
  const rows = await runOn(database.url, 'select id from submissions')
  const files = readdirSync(join(service.directory, 'storage'), { recursive: true, withFileTypes: true })
  const submitted = files.filter((file) => file.isFile() && file.parentPath.includes('submitted'))
  // The commit that never reached the server left litter: better than a row without a file.
  expect(submitted.length).toBe(rows.length + 1)
})
