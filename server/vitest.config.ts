import { defineConfig } from 'vitest/config'
import { DATABASES } from './test/databases.ts'

/** What SQL has to do with; on every database. */
const SQL = [
  'test/{submissions,releases,feedback,feedback-batch,collections,assignments,members,history,transcripts,health,role-matrix,statements}.test.ts',
  'test/databases/*.test.ts',
]
/** What can happen to a database in a process of its own. */
const SERVERS = 'test/database-servers/*.test.ts'

/** Every test runs on SQLite but those of servers; what SQL has to do with runs on the other databases too. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    globalSetup: ['test/servers/setup.ts'],
    projects: DATABASES.map((database) => ({
      extends: true,
      test: {
        name: database,
        env: { TEST_DATABASE: database },
        include: database === 'sqlite' ? ['test/**/*.test.ts'] : [...SQL, SERVERS],
        exclude: database === 'sqlite' ? [SERVERS] : [],
      },
    })),
  },
})
