import { loadConfig } from '../../src/config/load.ts'
import { openDatabase } from '../../src/db/database.ts'
import { migrate } from '../../src/db/migrate.ts'

/**
 * Runs the migrations on the database of NBEX_DB_URL, and dies as if by `kill -9` right after the statement with the number
 * that is its argument. Ends with 0 when there were not so many.
 */
const last = Number(process.argv[2])
const { config } = await loadConfig({ args: [], cwd: '/', systemFolder: '/', env: process.env })
let statements = 0
const database = await openDatabase({
  url: config.database,
  debug: () => {
    statements += 1
    if (statements === last) process.kill(process.pid, 'SIGKILL')
  },
})
await migrate(database)
await database.destroy()
