import { defineConfig } from 'vitest/config'
import { DATABASES } from './test/databases.ts'

const SQL = 'test/{submissions,releases,feedback-batch}.test.ts'

/** Every test runs on SQLite; those of what SQL has to do with run on the other databases too. */
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
        include: database === 'sqlite' ? ['src/**/*.test.ts', 'test/**/*.test.ts'] : [SQL],
      },
    })),
  },
})
