import { spawn } from 'node:child_process'
import { startMariadb } from './mariadb.ts'
import { startPostgres } from './postgres.ts'

/**
 * `with-database.ts postgres|mariadb COMMAND ...`: runs the command with the URL of a new database server in NBEX_TEST_DB_URL; ends as the
 * command does, and stops the server.
 */
const [kind, program = '', ...args] = process.argv.slice(2)
const server = kind === 'mariadb' ? await startMariadb() : await startPostgres()
const child = spawn(program, args, {
  stdio: 'inherit',
  env: { ...process.env, NBEX_TEST_DB_URL: server.url },
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal))
child.on('exit', async (code) => {
  await server.stop()
  process.exitCode = code ?? 1
})
