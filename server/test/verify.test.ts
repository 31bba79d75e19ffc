import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type LivedIn, livedIn, teacher } from './moving-in/lived-in.ts'

let house: LivedIn
beforeEach(async () => {
  house = await livedIn()
})
afterEach(() => house.close())

const submitted = () => join(house.storage, '1/submitted')

/** Paths of the stored submissions. */
function submissions(): string[] {
  return readdirSync(submitted(), { recursive: true, encoding: 'utf8' })
    .map((name) => join(submitted(), name))
    .filter((path) => statSync(path).isFile())
    .sort()
}

const keyOf = (path: string) => path.slice(house.storage.length + 1)

async function verified(...flags: string[]) {
  const { code, stdout } = await house.run('verify', '--json', ...flags)
  return { code, report: JSON.parse(stdout) }
}

describe('verify', () => {
  test('reads every file and finds a sound house clean', async () => {
    const { code, report } = await verified()
    expect(code).toBe(0)
    expect(report).toMatchObject({ clean: true, damaged: [], database: [], files: { checked: 5 } })
  })

  test.each([
    [
      'a flipped byte',
      ([path = '']: string[]) => {
        const bytes = readFileSync(path)
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
        chmodSync(path, 0o600)
        writeFileSync(path, bytes)
      },
      1,
    ],
    ['a truncated file', ([path = '']: string[]) => truncateSync(path, 3), 1],
    ['a file that grew', ([path = '']: string[]) => appendFileSync(path, 'x'), 1],
    ['a deleted file', ([path = '']: string[]) => rmSync(path), 1],
    [
      'two files that were swapped',
      ([one = '', other = '']: string[]) => {
        renameSync(one, `${one}.x`)
        renameSync(other, one)
        renameSync(`${one}.x`, other)
      },
      2,
    ],
  ] as const)('finds %s, and nothing of it is served as good', async (_, damage, count) => {
    const paths = submissions()
    damage(paths)
    const { code, report } = await verified()
    const damaged = report.damaged.map(({ key }: { key: string }) => key)
    expect([code, damaged]).toEqual([3, paths.map(keyOf).slice(0, count).sort()])
    const ids = damaged.map((key: string) => key.split('/').at(-1))
    for (const id of ids) {
      const served = await house.service
        .api(teacher, `courses/bio/assignments/ps1/submissions/${id}/content`)
        .then(async (response) => response.ok && (await response.arrayBuffer()).byteLength > 0)
        .catch(() => false)
      expect(served).toBe(false)
    }
  })

  test('tells of a file without a row only when it is older than a day', async () => {
    litter(house.storage, 'young')
    expect((await verified()).report.litter.files).toBe(0)
    litter(house.storage, 'old', 2)
    const { code, report } = await verified()
    expect([code, report.litter.files]).toEqual([0, 1])
  })

  test('leaves its result in readiness and metrics', async () => {
    const root = new URL(house.service.url).origin
    const ready = async () => (await fetch(`${root}/health/ready`)).json()
    expect(await ready()).toMatchObject({ last_verify: null })
    rmSync(submissions()[0] ?? '')
    await verified()
    expect(await ready()).toMatchObject({ status: 'ok', last_verify: { clean: false, damaged: 1 } })
    expect(await (await fetch(`${root}/metrics`)).text()).toMatch(/^nbexchange_verify_damaged_files 1$/m)
  })

  test('--subset reads a share, and refuses what is no share', async () => {
    expect((await verified('--subset=100%')).report.files.checked).toBe(5)
    const { code, stderr } = await house.run('verify', '--subset=many')
    expect([code, stderr]).toEqual([1, 'nbexchange: --subset: must be a share such as 1% or 50%, not many\n'])
  })
})

/** A file that no row names, `days` old. */
export function litter(storage: string, name: string, days = 0): string {
  const id = `${Buffer.from(name).toString('hex').padEnd(8, '0').slice(0, 8)}-0000-4000-8000-000000000000`
  const folder = join(storage, '1/submitted', id.slice(0, 2))
  mkdirSync(folder, { recursive: true })
  const path = join(folder, id)
  writeFileSync(path, 'litter')
  const at = Date.now() / 1000 - days * 86_400
  utimesSync(path, at, at)
  return path
}

describe('sweep', () => {
  const swept = async (...flags: string[]) => {
    const { code, stderr, stdout } = await house.run('sweep', '--json', ...flags)
    return { code, stderr, report: stdout === '' ? null : JSON.parse(stdout) }
  }
  const there = (path: string) => readdirSync(join(path, '..')).includes(path.split('/').at(-1) ?? '')

  test('without --yes only tells', async () => {
    const path = litter(house.storage, 'old', 2)
    for (let round = 0; round < 2; round++) {
      const { report } = await swept('--quarantine=0s')
      expect(report).toMatchObject({
        dry_run: true,
        litter: { files: 1 },
        quarantined: 1,
        removed: { files: 0 },
      })
    }
    expect(there(path)).toBe(true)
  })

  test('leaves a young file alone, quarantines an old one, and removes it only later', async () => {
    const young = litter(house.storage, 'young')
    const old = litter(house.storage, 'old', 2)
    expect((await swept('--yes', '--force')).report).toMatchObject({ quarantined: 1, removed: { files: 0 } })
    expect((await swept('--yes', '--force')).report).toMatchObject({ quarantined: 0, removed: { files: 0 } })
    expect((await swept('--yes', '--force', '--quarantine=0s')).report).toMatchObject({
      removed: { files: 1 },
    })
    expect([there(young), there(old)]).toEqual([true, false])
    expect((await verified()).report).toMatchObject({ clean: true, files: { checked: 5 } })
  })

  test('refuses to touch more than a tenth of the files without --force', async () => {
    litter(house.storage, 'old', 2)
    const { code, stderr } = await swept('--yes')
    expect(code).toBe(1)
    expect(stderr).toBe(
      'nbexchange: 1 of 6 files belong to no row: is this the right database? --force sweeps all the same.\n',
    )
  })

  test('in a loop beside hand-ins, even without grace, removes nothing that was acknowledged', async () => {
    let going = true
    const sweeping = (async () => {
      while (going) await swept('--yes', '--force', '--grace=0s', '--quarantine=5s')
    })()
    for (let count = 0; count < 40; count++) await house.handIn(`number ${count}`)
    going = false
    await sweeping
    expect((await verified()).report).toMatchObject({ clean: true, files: { checked: 45 } })
  })
})
