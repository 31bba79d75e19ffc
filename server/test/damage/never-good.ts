import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase } from '../databases.ts'
import { runCommand } from '../run-command.ts'
import { startTestService, type TestService } from '../start.ts'
import { DAMAGES, type Damage, type Shelf } from './damages.ts'
import { ask, bytesFrom, type Door, FACES, KINDS, makeWork, type Work } from './work.ts'

/** Where a service keeps its files: the settings that say so, and the way there past the service. */
export interface Storage {
  settings: Record<string, string>
  shelf: Shelf
}

const DOORS = KINDS.flatMap((kind) => FACES.map((face): Door => ({ kind, face })))
/** The old face gives feedback inside of JSON, which has no digest of its own. */
const FILE_DOORS = DOORS.filter(({ face, kind }) => face === 'api' || kind !== 'feedback')
/** Of which our plugin takes a link where the operator wants that. */
const LINKED = ['released', 'submitted'] as const

/** A service with much damaged work in it: by the name of the damage, and `sound`, which was left alone. */
interface House {
  service: TestService
  work: Map<string, Work>
  /** Keys of the files that were harmed. */
  harmed: string[]
  verify(): Promise<{ code: number; stdout: string }>
  close(): Promise<void>
}

/** Registers the tests of what nobody may get as good, on a service that keeps its files there. */
export function testDamage(name: string, storageIn: (folder: string) => Promise<Storage>): void {
  describe(`a stored file of ${name}`, () => {
    let house: House
    beforeAll(async () => {
      house = await damagedHouse(storageIn)
    })
    afterAll(() => house.close())

    const workOf = (which: string) => house.work.get(which) as Work

    test('that is sound comes whole through every door', async () => {
      for (const door of DOORS) {
        expect([door, await bytesFrom(house.service, workOf('sound'), door)]).toEqual([
          door,
          workOf('sound')[door.kind].bytes,
        ])
      }
      expect(await statusesOf(house.service, workOf('sound'))).toEqual(
        FILE_DOORS.map((door) => ({ ...door, head: 200, cached: 304, cachedHead: 304 })),
      )
    })

    test.each(DAMAGES)('that is $name never comes as good, whole or in part', async (damage) => {
      for (const door of DOORS) {
        for (const headers of [{}, { range: 'bytes=0-9' }, { range: 'bytes=-10' }]) {
          const got = await bytesFrom(house.service, workOf(damage.name), door, { headers })
          expect([door, headers, got]).toEqual([door, headers, null])
        }
      }
    })

    test.each(DAMAGES)('that is $name is an error without bytes where its size tells', async (damage) => {
      const told = damage.keepsSize
        ? { head: 200, cached: 304, cachedHead: 304 }
        : { head: 500, cached: 500, cachedHead: 500 }
      const expected = FILE_DOORS.map((door) => ({ ...door, ...told }))
      expect(await statusesOf(house.service, workOf(damage.name))).toEqual(expected)
    })

    test.each(DAMAGES)('that is $name is never what a link promises', async (damage) => {
      for (const kind of LINKED) await expectNoGoodLink(house.service, workOf(damage.name), { kind, damage })
    })

    test('that is damaged is found by verify, and no other', async () => {
      const { code, stdout } = await house.verify()
      const report = JSON.parse(stdout) as { damaged: { key: string }[]; files: { checked: number } }
      expect([code, report.damaged.map(({ key }) => key)]).toEqual([3, house.harmed.sort()])
      expect(report.files.checked).toBe((2 * DAMAGES.length + 1) * KINDS.length)
    })
  })
}

async function damagedHouse(storageIn: (folder: string) => Promise<Storage>): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'nbexchange-damage-'))
  const { settings, shelf } = await storageIn(folder)
  const database = await freshDatabase(folder)
  const env = { ...settings, NBEX_DB_URL: database.url }
  const service = await startTestService(env)
  const work = new Map([['sound', await makeWork(service, 'sound')]])
  const harmed: string[] = []
  for (const damage of DAMAGES) {
    const [one, twin] = [await makeWork(service, damage.name), await makeWork(service, `${damage.name}-twin`)]
    work.set(damage.name, one)
    for (const kind of KINDS) {
      await damage.harm(shelf, one[kind].key, twin[kind].key)
      harmed.push(one[kind].key, ...(damage.name === 'swapped' ? [twin[kind].key] : []))
    }
  }
  return {
    service,
    work,
    harmed,
    verify: () => runCommand(['verify', '--json'], { cwd: folder, env }),
    async close() {
      await service.close()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The status of what sends no bytes, through each door. */
async function statusesOf(service: TestService, work: Work) {
  const statuses: (Door & { head: number; cached: number; cachedHead: number })[] = []
  for (const door of FILE_DOORS) {
    const headers = { 'if-none-match': `"${work[door.kind].sha256}"` }
    const [head, cached, cachedHead] = await Promise.all([
      ask(service, work, door, { method: 'HEAD' }),
      ask(service, work, door, { headers }),
      ask(service, work, door, { method: 'HEAD', headers }),
    ])
    statuses.push({ ...door, head: head.status, cached: cached.status, cachedHead: cachedHead.status })
  }
  return statuses
}

/** A link, where there is one, comes with the digest of what was stored, and that is not what it gives. */
async function expectNoGoodLink(
  service: TestService,
  work: Work,
  { damage, kind }: { damage: Damage; kind: (typeof LINKED)[number] },
): Promise<void> {
  const headers = { 'x-nbexchange-accept': 'link' }
  const answer = await ask(service, work, { kind, face: 'api' }, { headers })
  if (answer.status !== 303) {
    expect(await bytesFrom(service, work, { kind, face: 'api' }, { headers })).toBeNull()
    return
  }
  expect([damage.name, damage.keepsSize]).toEqual([damage.name, true])
  const digest = Buffer.from(work[kind].sha256, 'hex').toString('base64')
  expect(answer.headers.get('repr-digest')).toBe(`sha-256=:${digest}:`)
  const given = await fetch(answer.headers.get('location') ?? '')
  expect(Buffer.from(await given.arrayBuffer()).equals(work[kind].bytes)).toBe(false)
}
