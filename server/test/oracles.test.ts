import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditStore, doublesOf, lostOf } from '../../torture/audit.ts'
import { differences } from '../../torture/crash-points.ts'
import { type LivedIn, livedIn, student } from './moving-in/lived-in.ts'

/** What the torture asks whether all is well must say so where it is not. */

let house: LivedIn
/** What sam handed in for `ps1` of `bio`: id and digest, in order. */
let receipts: { id: string; sha256: string }[]

beforeAll(async () => {
  house = await livedIn()
  const own = await house.service.api(student, 'me/submissions')
  receipts = ((await own.json()) as { submissions: { id: string; sha256: string }[] }).submissions
})
afterAll(() => house.close())

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const keyOf = (id: string) => `1/submitted/${id.slice(0, 2)}/${id}`
const audit = (...sent: string[]) =>
  auditStore(house.folder, {
    sent: new Set(sent),
    checked: new Set(),
    databaseUrl: house.service.databaseUrl,
  })

/** Runs `look` while the file is as `damage` leaves it. */
async function whileDamaged<T>(
  id: string,
  damage: (path: string) => void,
  look: () => Promise<T>,
): Promise<T> {
  const path = join(house.storage, keyOf(id))
  const bytes = readFileSync(path)
  chmodSync(path, 0o600)
  damage(path)
  try {
    return await look()
  } finally {
    rmSync(path, { force: true })
    writeFileSync(path, bytes)
  }
}

const flip = (path: string) => {
  const bytes = readFileSync(path)
  bytes[5] = (bytes[5] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

describe('the audit of a store', () => {
  test('finds nothing in a sound one', async () => {
    expect(await audit()).toEqual({ rows: 12, files: 12, orphans: 0, partials: 0, problems: [] })
  })

  test('finds a row without its file, other bytes and another size', async () => {
    const [{ id } = { id: '' }] = receipts
    const problems = async (damage: (path: string) => void) =>
      (await whileDamaged(id, damage, () => audit())).problems
    expect(await problems((path) => rmSync(path))).toEqual([`row without file: ${keyOf(id)}`])
    expect(await problems(flip)).toEqual([`not what its row says: ${keyOf(id)}`])
    expect(await problems((path) => writeFileSync(path, 'x', { flag: 'a' }))).toEqual([
      `not what its row says: ${keyOf(id)}`,
      `not of its row's size: ${keyOf(id)}`,
    ])
  })

  test('finds the file of a row in another place, and a file that nobody sent whole', async () => {
    const [{ id } = { id: '' }] = receipts
    const moved = join(house.storage, '2', keyOf(id).slice(2))
    mkdirSync(join(moved, '..'), { recursive: true })
    renameSync(join(house.storage, keyOf(id)), moved)
    const whole = await audit(sha256(readFileSync(moved)))
    const part = await audit()
    renameSync(moved, join(house.storage, keyOf(id)))
    expect(whole).toMatchObject({ orphans: 1, problems: [`row without file: ${keyOf(id)}`] })
    expect(part.problems).toContain(`partial file: 2/${keyOf(id).slice(2)}`)
  })

  test('counts what lies among the partial files, and looks once at what does not change', async () => {
    writeFileSync(join(house.storage, 'partial/x'), '')
    const checked = new Set<string>()
    expect(await auditStore(house.folder, { sent: new Set(), checked })).toMatchObject({ partials: 1 })
    expect(checked.size).toBe(12)
    rmSync(join(house.storage, 'partial/x'))
    expect(readdirSync(join(house.storage, 'partial'))).toEqual([])
  })
})

describe('whoever looks for what was lost', () => {
  const acknowledged = () =>
    receipts.slice(0, 3).map(({ sha256 }) => ({ student: 'sam', sha256, face: 'api' as const }))

  test('finds nothing where everything can be read back', async () => {
    expect(await lostOf(house.service.url, acknowledged())).toEqual([])
  })

  test('finds what is not listed, cannot be read, or belongs to somebody else', async () => {
    const [{ id, sha256: digest } = { id: '', sha256: '' }] = receipts
    const unknown = { student: 'sam', sha256: '0'.repeat(64), face: 'api' as const }
    const others = { student: 'kim', sha256: digest, face: 'legacy' as const }
    expect(await lostOf(house.service.url, [unknown, others])).toEqual([
      'acknowledged (api) sam 000000000000: not listed',
      `acknowledged (legacy) kim ${digest.slice(0, 12)}: not listed`,
    ])
    for (const damage of [rmSync, flip]) {
      const lost = await whileDamaged(id, damage, () => lostOf(house.service.url, acknowledged()))
      expect(lost).toEqual([expect.stringMatching(new RegExp(`sam ${digest.slice(0, 12)}: .*[Ee]rror`))])
    }
  })

  test('finds other bytes, and what is there twice', async () => {
    const listed = { id: 'a', sha256: sha256(Buffer.from('right')), timestamp: 'then' }
    const server = createServer((request, answer) => {
      const isList = request.url?.includes('me/submissions')
      answer.end(isList ? JSON.stringify({ submissions: [listed, listed], next: null }) : 'wrong')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`
    try {
      expect(await lostOf(url, [{ student: 'sam', sha256: listed.sha256, face: 'api' }])).toEqual([
        expect.stringMatching(/other bytes$/),
      ])
      expect(await doublesOf(url, ['sam'])).toHaveLength(3)
      expect(await doublesOf(house.service.url, ['sam', 'kim'])).toEqual([])
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})

describe('whoever compares the answers to retries', () => {
  const answer = (status: number, id = 'a') => ({ status, acknowledged: status < 300, receipt: { id } })

  test.each([
    ['nothing where they agree', [null, answer(201), answer(200)], []],
    ['nothing where the first was acknowledged', [answer(201), answer(200), answer(200)], []],
    ['a refusal', [null, answer(503), answer(201)], [/retry was answered 503/, /second .* 201/]],
    ['another receipt', [null, answer(201), answer(200, 'b')], [/second retry has another receipt/]],
    ['a second making', [answer(201), answer(201), answer(200)], [/made again/]],
    ['another receipt than the first', [answer(201, 'b'), answer(200), answer(200)], [/has another/]],
  ] as const)('finds %s', (_, [first, retry, again], found) => {
    const problems = differences(first, retry, again)
    expect(problems).toEqual(found.map((words) => expect.stringMatching(words)))
  })
})

test('a tool that has checked nothing has failed', async () => {
  const tool = join(import.meta.dirname, '../../torture/kill.ts')
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(process.execPath, [tool, '--rounds', '0'], (error, output) =>
      resolve({ code: error?.code ?? 0, output }),
    )
  })
  expect([code, output]).toEqual([1, expect.stringMatching(/nothing was\n0 passed, 1 failed\n$/)])
})
