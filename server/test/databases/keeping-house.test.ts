import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readableName } from '../../src/commands/keeping-house/readable-names.ts'
import { type LivedIn, livedIn, student, teacher } from '../moving-in/lived-in.ts'
import { archive, upload } from '../start.ts'

let house: LivedIn
beforeEach(async () => {
  house = await livedIn()
})
afterEach(() => house.close())

const json = async (...args: string[]) => {
  const { code, stderr, stdout } = await house.run(...args, '--json')
  expect(stderr).toBe('')
  return { code, report: JSON.parse(stdout) }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort()
}

describe('export', () => {
  test('writes a tree that a person can read and sha256sum can check', async () => {
    const folder = join(house.folder, 'out')
    const { code, report } = await json('export', folder)
    expect([code, report.releases, report.submissions, report.feedback]).toEqual([0, 1, 3, 1])
    const times = readdirSync(join(folder, '1/bio/ps1/sam'))
    expect(times).toHaveLength(3)
    expect(filesBelow(folder)).toEqual(
      [
        'SHA256SUMS',
        'actions.jsonl',
        '1/bio/ps1/=releases/1/assignment.tar.gz',
        '1/bio/ps1/=releases/1/release.json',
        ...times.flatMap((time) => [
          `1/bio/ps1/sam/${time}/receipt.json`,
          `1/bio/ps1/sam/${time}/submission.tar.gz`,
        ]),
        `1/bio/ps1/sam/${times[0]}/=feedback/p1.1.html`,
        `1/bio/ps1/sam/${times[0]}/=feedback/p1.1.json`,
      ].sort(),
    )
    execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: folder })
    const receipt = JSON.parse(readFileSync(join(folder, `1/bio/ps1/sam/${times[0]}/receipt.json`), 'utf8'))
    expect(readableName(receipt.timestamp)).toBe(times[0])
  })

  test('never writes into a folder that is there', async () => {
    expect((await house.run('export', house.folder)).stderr).toMatch(/EEXIST/)
  })

  test('of one student holds the log of that student alone', async () => {
    const folder = join(house.folder, 'evidence')
    await json('export', folder, '--student=sam')
    const log = readFileSync(join(folder, 'actions.jsonl'), 'utf8').trimEnd().split('\n')
    expect(log.map((line) => JSON.parse(line).student)).toEqual(['sam', 'sam', 'sam', 'sam'])
  })

  test.each([
    ['..', '%2E%2E'],
    ['a/b', 'a%2Fb'],
    ['=feedback', '%3Dfeedback'],
    ['50%', '50%25'],
    ['Übung 1', 'Übung 1'],
    ['nul. ', 'nul.%20'],
  ])('writes the name %j as %j', (name, written) => expect(readableName(name)).toBe(written))
})

describe('stats', () => {
  test('counts what is in each course', async () => {
    const { report } = await json('stats')
    const counts = { members: 2, assignments: 1, releases: 1, submissions: 3, feedback: 1 }
    expect(report.courses).toEqual([expect.objectContaining({ org_id: 1, course: 'bio', ...counts })])
    expect(report.total).toMatchObject(counts)
  })

  test('is a table for people', async () => {
    expect((await house.run('stats')).stdout).toMatch(/^org +course +members.*\n1 +bio +2 +1 +1 +3 +1 /)
  })
})

describe('audit', () => {
  const log = async (...flags: string[]) => {
    const { stdout } = await house.run('audit', ...flags)
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  }

  test('prints who did what to whose work, in order', async () => {
    const actions = await log()
    expect(actions.map(({ action, student, user }) => [action, user, student])).toEqual([
      ['released', 'tess', null],
      ...Array(3).fill(['submitted', 'sam', 'sam']),
      ['feedback_released', 'tess', 'sam'],
    ])
    expect(actions[0].at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC$/)
  })

  test('filters', async () => {
    expect(await log('--user=tess')).toHaveLength(2)
    expect(await log('--action=submitted')).toHaveLength(3)
    expect(await log('--until=2020-01-31')).toHaveLength(0)
    expect(await log('--since=2020-01-31', '--course=bio', '--org=1')).toHaveLength(5)
    expect((await house.run('audit', '--action=danced')).stderr).toMatch(
      /^nbexchange: --action: danced is not/,
    )
  })
})

describe('purge', () => {
  const purged = async () => {
    const path = 'courses/bio/assignments/ps1/purge'
    const body = JSON.stringify({ assignment_id: 'ps1' })
    const headers = { 'content-type': 'application/json' }
    const { status } = await house.service.api(teacher, path, { method: 'POST', body, headers })
    expect(status).toBe(204)
  }
  const stored = () => filesBelow(house.storage).filter((name) => name.startsWith('1/'))

  test('removes the files of assignments that were purged long enough ago, and keeps why', async () => {
    await purged()
    expect((await json('purge')).report.files).toBe(0)
    expect((await json('purge', '--retention=0s')).report).toMatchObject({ dry_run: true, files: 5 })
    expect(stored()).toHaveLength(5)
    const { report } = await json('purge', '--retention=0s', '--yes', '--reason=end of term')
    expect(report).toMatchObject({ dry_run: false, files: 5, reason: 'end of term' })
    expect(stored()).toEqual([])
    expect((await json('verify')).report).toMatchObject({ clean: true, files: { checked: 0 } })
    expect((await json('purge', '--retention=0s')).report.files).toBe(0)
  })

  test('with --older-than removes work of that age from every list', async () => {
    const args = ['purge', '--older-than=0s', '--yes', '--reason=law']
    expect((await json(...args)).report.files).toBe(4)
    const list = await house.service.api(student, 'me/submissions')
    expect(await list.json()).toMatchObject({ submissions: [] })
    expect((await json('verify')).report).toMatchObject({ clean: true, files: { checked: 1 } })
  })

  test('leaves the way free for feedback that is given anew, and its times and keys taken', async () => {
    const path = 'courses/bio/assignments/ps1'
    const timestamp = '2021-01-01 00:00:00.000000 UTC'
    const label = encodeURIComponent(timestamp)
    const html = { method: 'PUT', body: '<p>', headers: { 'content-type': 'text/html' } }
    const give = () => house.service.api(teacher, `${path}/feedback/sam/${label}/p1`, html)
    const key = { 'idempotency-key': 'one' }
    const handIn = (query: string, headers = {}) =>
      house.service.api(teacher, `${path}/submissions?student=sam${query}`, upload(archive('x'), headers))
    expect((await handIn(`&timestamp=${label}`, key)).status).toBe(201)
    expect(await (await give()).json()).toMatchObject({ version: 1 })
    expect((await json('purge', '--older-than=0s', '--yes', '--reason=law')).report.files).toBe(6)
    expect([(await handIn(`&timestamp=${label}`)).status, (await handIn('', key)).status]).toEqual([409, 409])
    const given = await give()
    expect([given.status, await given.json()]).toMatchObject([201, { version: 2, timestamp }])
    expect(await (await give()).json()).toMatchObject({ version: 2 })
    await purged()
    await house.service.api(teacher, `${path}/releases`, upload(archive('r')))
    expect((await handIn('', key)).status).toBe(409)
    expect((await handIn('')).status).toBe(201)
  })

  test('wants a reason', async () => {
    const { code, stderr } = await house.run('purge', '--yes')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^nbexchange: --reason: is missing/)])
    expect(existsSync(house.storage)).toBe(true)
  })
})
