import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommand } from './run-command.ts'
import { archive, person, startTestService, type TestService, upload } from './start.ts'

let folder: string
let service: TestService

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nbexchange-other-'))
  service = await startTestService({
    NBEX_DB_URL: `sqlite:///${folder}/new.db`,
    NBEX_BASE_STORAGE_LOCATION: join(folder, 'storage'),
  })
})
afterEach(async () => {
  await service.close()
  rmSync(folder, { recursive: true })
})

const env = () => ({
  NBEX_DB_URL: `sqlite:///${folder}/new.db`,
  NBEX_BASE_STORAGE_LOCATION: join(folder, 'storage'),
})

async function imported(...args: string[]) {
  const { code, stderr, stdout } = await runCommand([...args, '--json', '--released-by=tess'], {
    cwd: folder,
    env: env(),
  })
  return { code, stderr, report: stdout === '' ? null : JSON.parse(stdout) }
}

function put(path: string, content: string, at = '2026-01-31T10:00:00.123Z'): void {
  const whole = join(folder, path)
  mkdirSync(dirname(whole), { recursive: true })
  writeFileSync(whole, content)
  utimesSync(whole, new Date(at), new Date(at))
}

/** Name to content of what a real tar makes of the archive. */
async function unpacked(response: Response): Promise<Record<string, string>> {
  const to = mkdtempSync(join(folder, 'unpacked-'))
  const file = join(to, 'archive.tar.gz')
  writeFileSync(file, Buffer.from(await response.arrayBuffer()))
  const names = execFileSync('tar', ['-tzf', file, '--quoting-style=literal'], { encoding: 'utf8' })
    .trim()
    .split('\n')
  return Object.fromEntries(
    names.map((name) => [name, execFileSync('tar', ['-xzOf', file, name], { encoding: 'utf8' })]),
  )
}

const tess = person('tess', 'Instructor', 'bio')
const sam = person('sam', 'Student', 'bio')
const TIME = '2026-02-01 09:00:00.123456 UTC'

/** What every source here holds: a teacher, a student, and one of each file. */
const ONE_OF_EACH = {
  users: 2,
  courses: 1,
  members: 2,
  assignments: 1,
  released: 1,
  submitted: 1,
  feedback: 1,
  actions: 3,
}

describe("an import of nbgrader's exchange folder", () => {
  const LONG = `${'very/'.repeat(30)}deep é.txt`
  beforeEach(() => {
    put('old/bio/outbound/ps1/p1.ipynb', 'task')
    put('old/bio/outbound/ps1/data/a.csv', '1,2')
    const submission = `old/bio/inbound/sam+ps1+${TIME}+AbC-_9`
    put(`${submission}/p1.ipynb`, 'solution')
    put(`${submission}/${LONG}`, '')
    put(`${submission}/timestamp.txt`, TIME)
    put(`${submission}/submission_secret.txt`, 'secret')
    const hash = createHash('md5').update('secretp1').digest('hex')
    put(`old/bio/feedback/${hash}.html`, '<p>good</p>', '2026-02-03T10:00:00Z')
  })

  test('takes over releases, submissions and feedback', async () => {
    const { code, report } = await imported('import-directory', '--from=old')
    expect([code, report.taken]).toEqual([0, ONE_OF_EACH])
    const base = 'courses/bio/assignments/ps1'
    const release = await service.api(sam, `${base}/releases/latest/content`)
    expect(await unpacked(release)).toEqual({ 'data/a.csv': '1,2', 'p1.ipynb': 'task' })
    const list = await service.api(tess, 'submissions?course_id=bio&feedback=true')
    const { submissions } = (await list.json()) as { submissions: Record<string, unknown>[] }
    expect(submissions).toEqual([
      expect.objectContaining({
        student: 'sam',
        timestamp: TIME,
        effective_at: '2026-02-01T09:00:00.123456Z',
        notebooks: ['p1'],
      }),
    ])
    expect(submissions[0]?.feedback).toEqual([
      expect.objectContaining({ notebook_id: 'p1', released_at: '2026-02-03T10:00:00.000000Z' }),
    ])
    const content = await service.api(tess, `${base}/submissions/${submissions[0]?.id}/content`)
    expect(await unpacked(content)).toMatchObject({
      'p1.ipynb': 'solution',
      [LONG]: '',
      'timestamp.txt': TIME,
    })
  })

  test('run again takes only what is new, and a release that was written again is a new version', async () => {
    await imported('import-directory', '--from=old')
    put('old/bio/outbound/ps1/p1.ipynb', 'task two', '2026-03-01T10:00:00Z')
    const { report } = await imported('import-directory', '--from=old')
    expect(report.taken).toMatchObject({ users: 0, released: 1, submitted: 0, feedback: 0, actions: 1 })
    const list = await service.api(tess, 'courses/bio/assignments/ps1/releases')
    expect(await list.json()).toMatchObject({ releases: [{ version: 2 }, { version: 1 }] })
  })

  test('keeps names of any length and any sign, times, and the names of notebooks at the top', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `${'n'.repeat(70 + at)}é`)
    for (const name of names) put(`old/bio/outbound/ps1/${name}`, name)
    put('old/bio/outbound/ps1/data/inner.ipynb', 'no notebook of the assignment')
    put('old/bio/outbound/ps1/data/a.csv', '1,2', '2026-02-28T10:00:00Z')
    await imported('import-directory', '--from=old')
    const base = 'courses/bio/assignments/ps1/releases/latest'
    const release = (await (await service.api(tess, base.replace('/latest', ''))).json()) as {
      releases: unknown[]
    }
    expect(release.releases).toMatchObject([
      { notebooks: ['p1'], released_at: '2026-02-28T10:00:00.000000Z' },
    ])
    const content = await service.api(tess, `${base}/content`)
    const file = join(folder, 'release.tar.gz')
    writeFileSync(file, Buffer.from(await content.arrayBuffer()))
    const list = execFileSync('tar', ['-tzvf', file, '--quoting-style=literal'], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
    })
    for (const name of ['p1.ipynb', ...names])
      expect(list).toMatch(new RegExp(` 2026-01-31 10:00 ${name}$`, 'm'))
    expect(list).toMatch(/ 2026-02-28 10:00 data\/a.csv$/m)
  })

  test('tells in order what happened, and releases nothing that was only handed in', async () => {
    const earlier = '2026-01-01 09:00:00.000000 UTC'
    put(`old/bio/inbound/zed+ps2+${earlier}/p1.ipynb`, 'early')
    put(`old/bio/inbound/tess+ps1+${TIME}/p1.ipynb`, 'of the teacher')
    await imported('import-directory', '--from=old')
    const log = await runCommand(['audit'], { cwd: folder, env: env() })
    const times = log.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).at)
    expect(times).toHaveLength(5)
    expect(times).toEqual(times.toSorted())
    const { assignments } = (await (await service.api(tess, 'assignments?course_id=bio')).json()) as {
      assignments: { assignment_id: string }[]
    }
    expect(assignments.map(({ assignment_id }) => assignment_id)).toEqual(['ps1'])
    const rows = new Sqlite(join(folder, 'new.db'), { readonly: true })
    expect(rows.prepare('select code, active from assignments order by code').all()).toEqual([
      { code: 'ps1', active: 1 },
      { code: 'ps2', active: 0 },
    ])
    const role = "select role from members m join users u on u.id = m.user_id where u.name = 'tess'"
    expect(rows.prepare(role).all()).toEqual([{ role: 'Instructor' }])
    rows.close()
  })

  test('takes feedback that was written again for a new version', async () => {
    await imported('import-directory', '--from=old')
    const hash = createHash('md5').update('secretp1').digest('hex')
    put(`old/bio/feedback/${hash}.html`, '<p>better</p>', '2026-02-04T10:00:00Z')
    const { report } = await imported('import-directory', '--from=old')
    expect(report.taken).toMatchObject({ released: 0, submitted: 0, feedback: 1, actions: 1 })
    const list = await service.api(tess, 'submissions?course_id=bio&feedback=true')
    expect(await list.json()).toMatchObject({ submissions: [{ feedback: [{ version: 2 }] }] })
  })

  test('never puts an old release over a newer one that is here, and leaves no file of it behind', async () => {
    const base = 'courses/bio/assignments/ps1'
    await service.api(tess, `${base}/releases?notebook=p1`, upload(archive('of today')))
    const { code, report } = await imported('import-directory', '--from=old')
    expect([code, report.taken]).toMatchObject([3, { released: 0, submitted: 1, feedback: 1 }])
    expect(report.skipped).toEqual([
      { what: 'bio/outbound/ps1', reason: 'a later release of its assignment is here already' },
    ])
    const latest = await service.api(sam, `${base}/releases/latest/content`)
    expect(Buffer.from(await latest.arrayBuffer())).toEqual(archive('of today'))
    const list = await service.api(tess, `${base}/releases`)
    expect(((await list.json()) as { releases: unknown[] }).releases).toHaveLength(1)
    const files = readdirSync(join(folder, 'storage/1/released'), { recursive: true, withFileTypes: true })
    expect(files.filter((entry) => entry.isFile())).toHaveLength(1)
  })

  test('lists what is broken', async () => {
    put('old/bio/inbound/nonsense/p1.ipynb', 'x')
    put('old/bio/inbound/sam+ps1+yesterday/p1.ipynb', 'x')
    put(`old/bio/inbound/tom+ps1+${TIME}/timestamp.txt`, '2026-02-02 09:00:00.000000 UTC')
    put('old/bio/feedback/0123.html', 'x')
    put('old/lost/found.txt', 'x')
    const linked = `bio/inbound/uma+ps1+${TIME}`
    put(`old/${linked}/p1.ipynb`, 'x')
    symlinkSync('/etc/passwd', join(folder, `old/${linked}/link`))
    const piped = `bio/inbound/vic+ps1+${TIME}`
    put(`old/${piped}/p1.ipynb`, 'x')
    execFileSync('mkfifo', [join(folder, `old/${piped}/pipe`)])
    const { code, report } = await imported('import-directory', '--from=old')
    expect(code).toBe(3)
    expect(
      report.skipped.map(({ reason, what }: { reason: string; what: string }) => [what, reason]),
    ).toEqual([
      ['bio/inbound/nonsense', 'its name is not student+assignment+timestamp'],
      ['bio/inbound/sam+ps1+yesterday', 'yesterday is no time'],
      [`bio/inbound/tom+ps1+${TIME}`, 'its timestamp.txt says "2026-02-02 09:00:00.000000 UTC"'],
      ['bio/feedback/0123.html', 'no submission that is there has this feedback'],
      ['lost', 'no course: it has neither outbound nor inbound'],
      [linked, 'the file is a symbolic link'],
      [piped, 'it is no file'],
    ])
  })
})

describe('an import of ngshare', () => {
  beforeEach(() => {
    const database = new Sqlite(join(folder, 'ngshare.db'))
    const association = (name: string) =>
      `create table ${name} (left_id text, right_id integer, primary key (left_id, right_id));`
    database.exec(`
      create table users (id text primary key);
      create table courses (_id integer primary key, id text unique);
      create table assignments (_id integer primary key, id text, course_id integer, due timestamp);
      create table submissions (_id integer primary key, assignment_id integer, timestamp timestamp, student_id text);
      create table files (_id integer primary key, filename text, checksum text, size integer, actual_name text);
      create table instructor_assoc_table (left_id text, right_id text, first_name text, last_name text, email text);
      create table student_assoc_table (left_id text, right_id text, first_name text, last_name text, email text);
      ${['assignment', 'submission', 'feedback'].map((of) => association(`${of}_files_assoc_table`)).join('')}
      insert into users values ('tess'), ('sam');
      insert into courses values (1, 'bio');
      insert into instructor_assoc_table values ('tess', 'bio', 'Tess', 'T', 'tess@example.com');
      insert into student_assoc_table values ('sam', 'bio', 'Sam', null, null), ('tess', 'bio', null, null, null);
      insert into assignments values (1, 'ps1', 1, null);
      insert into submissions values (1, 1, '2026-02-01 09:00:00.123456', 'sam'), (2, 9, '2026-02-01 09:00:00', 'sam');
      insert into files values (1, 'p1.ipynb', '', 4, 'aa'), (2, 'p1.ipynb', '', 8, 'bb'), (3, 'p1.html', '', 4, 'cc'),
        (4, '../evil', '', 4, 'dd');
      insert into assignment_files_assoc_table values ('1', 1);
      insert into submission_files_assoc_table values ('1', 2), ('1', 4);
      insert into feedback_files_assoc_table values ('1', 3);`)
    database.close()
    put('files/aa', 'task')
    put('files/bb', 'solution')
    put('files/cc', 'good')
    put('files/dd', 'evil')
  })

  test('takes over people, releases, submissions and feedback, and lists what is broken', async () => {
    const { code, report } = await imported(
      'import-ngshare',
      '--from-db=sqlite:///ngshare.db',
      '--from-storage=files',
    )
    expect([code, report.taken]).toEqual([3, ONE_OF_EACH])
    expect(report.skipped.map(({ what }: { what: string }) => what)).toEqual(['files 4', 'submissions 2'])
    const rows = new Sqlite(join(folder, 'new.db'), { readonly: true })
    const teacher =
      "select full_name, role from members m join users u on u.id = m.user_id where name = 'tess'"
    expect(rows.prepare(teacher).all()).toEqual([{ full_name: 'Tess T', role: 'Instructor' }])
    rows.close()
    const list = await service.api(tess, 'submissions?course_id=bio&feedback=true')
    const { submissions } = (await list.json()) as { submissions: Record<string, unknown>[] }
    expect(submissions).toEqual([
      expect.objectContaining({ student: 'sam', full_name: 'Sam', timestamp: TIME, notebooks: ['p1'] }),
    ])
    expect(submissions[0]?.feedback).toEqual([
      expect.objectContaining({ notebook_id: 'p1', timestamp: TIME }),
    ])
  })
})
