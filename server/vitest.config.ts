import { defineConfig } from 'vitest/config'

/** What SQL has to do with; on every database. */
const SQL = [
  'test/{submissions,releases,feedback,feedback-batch,collections,assignments,members,history,transcripts,health,role-matrix,statements}.test.ts',
  'test/databases/*.test.ts',
]
/** What can happen to a database in a process of its own. */
const SERVERS = 'test/database-servers/*.test.ts'
/** What needs other programs: an S3 server, a compiler, strace, disks to mount, kills in a storm. */
const RIGS = 'test/rigs/*.test.ts'

const onServer = (name: 'postgres' | 'mysql') => ({
  extends: true as const,
  test: {
    name,
    env: { TEST_DATABASE: name },
    include: [...SQL, SERVERS],
    globalSetup: ['test/servers/setup.ts'],
  },
})

/** Where `scripts/run_all.py` wants to read what passed and failed. */
const report = process.env.JUNIT_REPORT
const junit = { outputFile: report, classnameTemplate: '{displayName}', addFileAttribute: true }

const projects = [
  {
    extends: true as const,
    test: { name: 'sqlite', include: ['test/**/*.test.ts'], exclude: [SERVERS, RIGS] },
  },
  onServer('postgres'),
  onServer('mysql'),
  { extends: true as const, test: { name: 'rigs', include: [RIGS] } },
]
/** An older way to say `--project sqlite`. */
const chosen = process.env.DATABASES?.split(',').concat('rigs')

/** `--project sqlite` needs nothing but Node; what the others need is started only when a test of theirs runs. */
export default defineConfig({
  test: {
    // The end of what hangs. Machines are busy.
    testTimeout: 240_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
    maxWorkers: 2,
    reporters: ['default', ...(report ? [['junit', junit] as ['junit', typeof junit]] : [])],
    projects: projects.filter(({ test }) => chosen?.includes(test.name) ?? true),
  },
})
