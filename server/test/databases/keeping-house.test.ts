import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readableName } from '../../src/commands/keeping-house/readable-names.ts'
import { CROWD, type LivedIn, livedIn, student, teacher } from '../moving-in/lived-in.ts'
import { onDatabase } from '../on-database.ts'
import { archive, type Person, upload } from '../start.ts'

let house: LivedIn

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

test.each([
  ['..', '%2E%2E'],
  ['a/b', 'a%2Fb'],
  ['=feedback', '%3Dfeedback'],
  ['50%', '50%25'],
  ['Übung 1', 'Übung 1'],
  ['nul. ', 'nul.%20'],
])('the name %j is written as %j', (name, written) => expect(readableName(name)).toBe(written))

/** What the flags of a part leave: how many releases, submissions, feedback files and actions. */
const PARTS: readonly (readonly [flags: string, holds: readonly number[]])[] = [
  ['', [3, 6, 3, 12 + CROWD]],
  ['--org=2', [1, 1, 1, 3]],
  ['--course=chem', [1, 1, 1, 3]],
  ['--org=1 --course=bio', [1, 4, 1, 6 + CROWD]],
  ['--assignment=ps2', [0, 0, 0, 0]],
]
const flagsOf = (text: string) => text.split(' ').filter(Boolean)

describe('a house that is only looked at', () => {
  beforeAll(async () => {
    house = await livedIn()
  })
  afterAll(() => house.close())

  let count = 0
  const exported = async (...flags: string[]) => {
    count += 1
    const folder = join(house.folder, `out-${count}`)
    return { folder, ...(await json('export', folder, ...flags)) }
  }
  const log = async (...flags: string[]) => {
    const { stdout } = await house.run('audit', ...flags)
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  }

  test.each(PARTS)('with %j export and audit tell of that part and no more', async (flags, holds) => {
    const { folder, report } = await exported(...flagsOf(flags))
    expect([report.releases, report.submissions, report.feedback, report.actions]).toEqual(holds)
    const names = filesBelow(folder).map((name) => basename(name))
    const written = (name: RegExp) => names.filter((each) => name.test(each)).length
    const files = [/^assignment.tar.gz$/, /^submission.tar.gz$/, /.html$/].map(written)
    const lines = readFileSync(join(folder, 'actions.jsonl'), 'utf8').split('\n').filter(Boolean)
    expect([...files, lines.length]).toEqual(holds)
    expect(await log(...flagsOf(flags))).toHaveLength(holds.at(-1) ?? -1)
  })

  describe('export', () => {
    test('writes a tree that a person can read and sha256sum can check', async () => {
      const { code, folder, report } = await exported('--org=1', '--course=bio')
      expect([code, report.releases, report.submissions, report.feedback]).toEqual([0, 1, 4, 1])
      const [sams, kims] = ['sam', 'kim'].map((name) => readdirSync(join(folder, '1/bio/ps1', name)))
      if (!sams || !kims) throw new Error('nobody')
      expect([sams.length, kims.length]).toEqual([3, 1])
      const places = [...sams.map((time) => `sam/${time}`), ...kims.map((time) => `kim/${time}`)]
      expect(filesBelow(folder)).toEqual(
        [
          'SHA256SUMS',
          'actions.jsonl',
          '1/bio/ps1/=releases/1/assignment.tar.gz',
          '1/bio/ps1/=releases/1/release.json',
          ...places.flatMap((place) => [
            `1/bio/ps1/${place}/receipt.json`,
            `1/bio/ps1/${place}/submission.tar.gz`,
          ]),
          `1/bio/ps1/sam/${sams[0]}/=feedback/p1.1.html`,
          `1/bio/ps1/sam/${sams[0]}/=feedback/p1.1.json`,
        ].sort(),
      )
      execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: folder })
      const receipt = JSON.parse(readFileSync(join(folder, `1/bio/ps1/sam/${sams[0]}/receipt.json`), 'utf8'))
      expect(readableName(receipt.timestamp)).toBe(sams[0])
    })

    test('never writes into a folder that is there', async () => {
      expect((await house.run('export', house.folder)).stderr).toMatch(/EEXIST/)
    })

    test('of one student holds the work and the log of that student alone', async () => {
      const { folder, report } = await exported('--student=sam', '--org=1', '--course=bio')
      expect([report.submissions, report.feedback]).toEqual([3, 1])
      const log = readFileSync(join(folder, 'actions.jsonl'), 'utf8').trimEnd().split('\n')
      expect(log.map((line) => JSON.parse(line).student)).toEqual(['sam', 'sam', 'sam', 'sam'])
    })
  })

  describe('stats', () => {
    const BIO = { members: 3 + CROWD, assignments: 1, releases: 1, submissions: 4, feedback: 1 }
    const SMALL = { members: 2, assignments: 1, releases: 1, submissions: 1, feedback: 1 }
    const bytesOf = (...folders: string[]) =>
      folders
        .flatMap((folder) => filesBelow(join(house.storage, folder)).map((name) => join(folder, name)))
        .reduce((sum, name) => sum + statSync(join(house.storage, name)).size, 0)

    test('counts what is in each course, and all of it', async () => {
      const { report } = await json('stats')
      expect(report.courses).toMatchObject([
        { org_id: 1, course: 'bio', ...BIO },
        { org_id: 1, course: 'chem', ...SMALL },
        { org_id: 2, course: 'bio', ...SMALL, bytes: bytesOf('2') },
      ])
      expect(report.total).toEqual({
        members: 7 + CROWD,
        assignments: 3,
        releases: 3,
        submissions: 6,
        feedback: 3,
        bytes: bytesOf('1', '2'),
      })
      const there = await json('stats', '--org=2', '--course=bio')
      expect(there.report.courses).toMatchObject([{ org_id: 2, course: 'bio', ...SMALL }])
      expect((await json('stats', '--org=2', '--course=chem')).report.courses).toEqual([])
    })

    test('is a table for people', async () => {
      expect((await house.run('stats')).stdout).toMatch(/^org +course +members.*\n1 +bio +1103 +1 +1 +4 +1 /)
    })
  })

  describe('audit', () => {
    test('prints who did what to whose work, in order', async () => {
      const actions = await log('--org=1', '--course=bio')
      expect(actions.slice(0, 6).map(({ action, student, user }) => [action, user, student])).toEqual([
        ['released', 'tess', null],
        ...Array(3).fill(['submitted', 'sam', 'sam']),
        ['submitted', 'kim', 'kim'],
        ['feedback_released', 'tess', 'sam'],
      ])
      expect(actions[0].at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC$/)
      const ids = actions.map(({ id }) => id)
      expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    })

    test('filters by who, what, whose and when', async () => {
      expect(await log('--org=1', '--course=bio', '--user=tess')).toHaveLength(2)
      expect(await log('--action=submitted')).toHaveLength(6)
      expect(await log('--student=kim')).toHaveLength(1)
      const [second, third] = (await log('--action=submitted', '--org=1', '--course=bio')).slice(1)
      const some = await log('--action=submitted', '--user=sam', `--since=${second.at}`, '--org=1')
      expect(some.map(({ id }) => id)).toContain(second.id)
      const before = await log('--course=bio', '--org=1', '--action=submitted', `--until=${third.at}`)
      expect(before.map(({ id }) => id)).not.toContain(third.id)
      expect(before.at(-1)?.id).toBe(second.id)
      expect((await house.run('audit', '--action=danced')).stderr).toMatch(
        /^nbexchange: --action: danced is not/,
      )
    })
  })

  test('a name in two organisations is two people, in the history as well', async () => {
    for (const orgId of [1, 2]) {
      const its = { ...teacher, org_id: orgId }
      const answer = await house.service.api(its, 'history?student=sam&course_id=bio')
      const { actions } = (await answer.json()) as { actions: unknown[] }
      expect(actions, `organisation ${orgId}`).toHaveLength(orgId === 1 ? 4 : 2)
    }
  })
})

describe('purge', () => {
  const stored = () => filesBelow(house.storage).filter((name) => !name.startsWith('partial/'))
  const LAW = ['purge', '--older-than=0s', '--yes', '--reason=law']
  const purged = async () => {
    const path = 'courses/bio/assignments/ps1/purge'
    const body = JSON.stringify({ assignment_id: 'ps1' })
    const headers = { 'content-type': 'application/json' }
    const { status } = await house.service.api(teacher, path, { method: 'POST', body, headers })
    expect(status).toBe(204)
  }

  describe('of assignments', () => {
    beforeAll(async () => {
      house = await livedIn()
    })
    afterAll(() => house.close())

    test('removes the files of those that were purged long enough ago, and keeps why', async () => {
      await purged()
      const left = async (folder: string) => {
        const { code, report } = await json('export', join(house.folder, folder))
        const { courses } = (await json('stats', '--org=1', '--course=bio')).report
        const { bytes, ...counts } = courses[0]
        return [code, report.releases, report.submissions, report.feedback, counts.assignments, bytes > 0]
      }
      expect(await left('before')).toEqual([0, 2, 2, 2, 0, true])
      expect((await json('purge')).report.files).toBe(0)
      expect((await json('purge', '--retention=0s')).report).toMatchObject({ dry_run: true, files: 6 })
      expect(stored()).toHaveLength(12)
      const { report } = await json('purge', '--retention=0s', '--yes', '--reason=end of term')
      expect(report).toMatchObject({ dry_run: false, files: 6, reason: 'end of term' })
      expect(await left('after')).toEqual([0, 2, 2, 2, 0, false])
      expect(stored().map((name) => name.slice(0, 2))).toEqual(['1/', '1/', '1/', '2/', '2/', '2/'])
      expect((await json('verify')).report).toMatchObject({ clean: true, files: { checked: 6 } })
      expect((await json('purge', '--retention=0s')).report.files).toBe(0)
    })
  })

  describe('of old work', () => {
    beforeEach(async () => {
      house = await livedIn()
    })
    afterEach(() => house.close())

    test('wants a reason, and writes down that a file may be gone before it removes it', async () => {
      const { code, stderr } = await house.run('purge', '--yes', '--older-than=0s')
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^nbexchange: --reason: is missing/)])
      await onDatabase(house.settings.NBEX_DB_URL ?? '', (database) =>
        sql`alter table erasures rename column reason to why`.execute(database),
      )
      expect((await house.run(...LAW)).code).toBe(1)
      expect(stored()).toHaveLength(12)
    })

    test('goes by when work was handed in, not by the time that an old client wrote on it', async () => {
      const names = 'course_id=bio&assignment_id=ps1&timestamp=2001-01-01%2000:00:00.000000%20UTC'
      const body = new FormData()
      body.append('assignment', new Blob([new Uint8Array(archive('old'))]), 'a.tar.gz')
      const sent = await house.service.request(student, `submission?${names}`, { method: 'POST', body })
      expect(await sent.json()).toMatchObject({ success: true })
      const args = ['purge', '--older-than=1y', '--yes', '--reason=law']
      expect((await json(...args)).report.files).toBe(0)
    })

    test('removes the part that is named and no more, and it is on no list then', async () => {
      for (const [flags, count] of [
        ['--org=2 --course=chem', 0],
        ['--org=2', 2],
        ['--course=chem', 2],
        ['--org=1 --course=bio', 5],
      ] as const) {
        const before = stored()
        const files = await filesOf(...flagsOf(flags))
        expect((await json(...LAW, ...flagsOf(flags))).report.files).toBe(count)
        expect(stored()).toEqual(before.filter((name) => !files.includes(basename(name))))
      }
      const rest = (await json('export', join(house.folder, 'rest'))).report
      expect([rest.submissions, rest.feedback, rest.damaged]).toEqual([0, 0, []])
      expect(await ask(student, 'me/submissions')).toMatchObject({ submissions: [] })
      expect(await ask(student, 'courses/bio/assignments/ps1/feedback')).toMatchObject({ feedback: [] })
      expect((await json('verify')).report).toMatchObject({ clean: true, files: { checked: 3 } })
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
      expect((await json(...LAW, '--org=1', '--course=bio')).report.files).toBe(7)
      expect([(await handIn(`&timestamp=${label}`)).status, (await handIn('', key)).status]).toEqual([
        409, 409,
      ])
      const given = await give()
      expect([given.status, await given.json()]).toMatchObject([201, { version: 2, timestamp }])
      expect(await (await give()).json()).toMatchObject({ version: 2 })
      await purged()
      await house.service.api(teacher, `${path}/releases`, upload(archive('r')))
      expect((await handIn('', key)).status).toBe(409)
      expect((await handIn('')).status).toBe(201)
    })
  })

  /** The ids of the work and the feedback in that part. */
  async function filesOf(...flags: string[]): Promise<string[]> {
    const log = await house.run('audit', ...flags)
    const lines = log.stdout.split('\n').filter(Boolean)
    return lines.flatMap((line) => {
      const { feedback_id, submission_id } = JSON.parse(line)
      return [feedback_id ?? submission_id ?? []].flat()
    })
  }

  async function ask(who: Person, path: string): Promise<unknown> {
    return (await house.service.api(who, path)).json()
  }
})
