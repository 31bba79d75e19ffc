import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freshDatabase } from '../databases.ts'
import { type LivedIn, livedIn, student, teacher } from '../moving-in/lived-in.ts'
import { runCommand } from '../run-command.ts'
import { startTestService } from '../start.ts'

let house: LivedIn
let elsewhere: string
let fresh: { url: string; drop(): Promise<unknown> }

beforeEach(async () => {
  house = await livedIn()
  elsewhere = mkdtempSync(join(tmpdir(), 'nbexchange-elsewhere-'))
  fresh = await freshDatabase(elsewhere)
})
afterEach(async () => {
  await house.close()
  await fresh.drop()
  rmSync(elsewhere, { recursive: true })
})

const settings = () => ({ NBEX_DB_URL: fresh.url, NBEX_BASE_STORAGE_LOCATION: join(elsewhere, 'storage') })
const folder = () => join(house.folder, 'backup')
const backup = async () => {
  const { code, stdout } = await house.run('backup', folder(), '--json')
  return { code, ...JSON.parse(stdout) }
}
const restore = (...flags: string[]) =>
  runCommand(['restore', folder(), ...flags], { cwd: elsewhere, env: settings() })

describe('a backup', () => {
  test('restored elsewhere is verified clean and answers as the original did', async () => {
    expect(await backup()).toMatchObject({ code: 0, copied: 5, kept: 0, damaged: [] })
    const { code, stderr, stdout } = await restore('--json')
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout).verified).toMatchObject({ damaged: [], database: [], files: { checked: 5 } })
    const copy = await startTestService(settings())
    try {
      for (const [who, path] of [
        [teacher, 'submissions?feedback=true'],
        [teacher, 'history'],
        [student, 'me/submissions'],
        [student, 'assignments'],
      ] as const) {
        const [was, is] = await Promise.all(
          [house.service, copy].map(async (service) => (await service.api(who, path)).json()),
        )
        expect(is).toEqual(was)
      }
      const made = await copy.api(student, 'courses/bio/assignments/ps1', {})
      expect(made.status).toBe(200)
      const unreleased = await copy.api(teacher, 'courses/bio/assignments/ps1', { method: 'DELETE' })
      expect(unreleased.status).toBe(200)
    } finally {
      await copy.close()
    }
  })

  test('made again copies only what is new, and each snapshot can be restored', async () => {
    const { snapshot } = await backup()
    await house.handIn('fourth')
    expect(await backup()).toMatchObject({ copied: 1, kept: 5 })
    const { stdout } = await restore('--json', `--snapshot=${snapshot}`)
    expect(JSON.parse(stdout).verified.files.checked).toBe(5)
  })

  test('made during hand-ins names no file that it does not have', async () => {
    let going = true
    const storm = (async () => {
      for (let count = 0; going; count++) await house.handIn(`storm ${count}`)
    })()
    const reports = [await backup(), await backup()]
    going = false
    await storm
    expect(reports.map(({ damaged }) => damaged)).toEqual([[], []])
    expect((await restore()).code).toBe(0)
  })

  test('names a file that is damaged, and exits with 3', async () => {
    const submitted = join(house.storage, '1/submitted')
    const name = readdirSync(submitted, { recursive: true, encoding: 'utf8' }).find(
      (path) => path.length > 30,
    )
    rmSync(join(submitted, name ?? ''))
    const { code, damaged } = await backup()
    expect([code, damaged.map(({ key }: { key: string }) => key)]).toEqual([3, [`1/submitted/${name}`]])
  })

  test('is not restored over anything, and not when its tables were changed', async () => {
    const { snapshot } = await backup()
    expect((await restore()).code).toBe(0)
    expect((await restore()).stderr).toBe(
      'nbexchange: The database is not empty: name an empty one in dbUrl.\n',
    )
    writeFileSync(join(folder(), 'snapshots', snapshot, 'users.jsonl'), '')
    expect((await restore()).stderr).toMatch(/users\.jsonl of this backup is not what was written/)
  })
})
