import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commandReference } from '../src/commands/command-reference.ts'
import { configReference } from '../src/commands/config-reference.ts'
import { COMMANDS } from '../src/commands/list.ts'
import { SETTINGS } from '../src/config/schema.ts'
import { compileCache } from './compile-cache.ts'
import { runCommand } from './run-command.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const DOCUMENT = new URL('../../docs/configuration.md', import.meta.url)

let cwd: string

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'nbx-commands-'))
})

afterEach(() => rm(cwd, { recursive: true }))

const start = (args: string[]) => spawn(process.execPath, [MAIN, ...args], { cwd, env: compileCache })

/** Runs the real program to its end: for what only a process of its own can show. */
async function runProgram(args: string[], input = '') {
  const child = start(args)
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code, stdout, stderr }
}

/** The same in this process. */
const run = (args: string[]) => runCommand(args, { cwd, env: { NBEX_USER_PLUGIN: undefined } })

test('a reader that has seen enough ends a command without a word', async () => {
  const child = start(['config-reference'])
  child.stdout.destroy()
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  expect([code, said]).toEqual([141, ''])
})

describe('check-config', () => {
  test('prints every setting with its value and source, and no secret', async () => {
    const file = join(cwd, 'nbexchange.config.ts')
    await writeFile(
      file,
      `export const config = { userPlugin: 'demo', userPluginOptions: { key: 'hunter2' }, sentryDsn: 'https://hunter2@x/1' }`,
    )
    const { code, stdout, stderr } = await runProgram(['check-config', '--port', '9100'])
    expect([code, stderr]).toEqual([0, ''])
    for (const { key } of SETTINGS) expect(stdout).toMatch(new RegExp(`^${key} += .+ {2}\\(.+\\)$`, 'm'))
    expect(stdout).toMatch(/^port += 9100 +\(--port\)$/m)
    expect(stdout).toContain(`"demo"`)
    expect(stdout).toContain(`(${file})`)
    expect(stdout).toMatch(/^sentryDsn += "\*\*\*" /m)
    expect(stdout).toMatch(/^userPluginOptions += \{"key":"\*\*\*"\} /m)
    expect(stdout).not.toContain('hunter2')
  })

  test('--json gives the same to programs', async () => {
    const { stdout } = await run(['check-config', '--json', '--user-plugin=demo', '--sentry-dsn=hunter2'])
    const settings = JSON.parse(stdout)
    expect(Object.keys(settings)).toEqual(SETTINGS.map(({ key }) => key))
    expect(settings.userPlugin).toEqual({ value: 'demo', source: '--user-plugin' })
    expect(stdout).not.toContain('hunter2')
  })

  test('prints every mistake on a line of its own and exits with 1', async () => {
    const { code, stdout, stderr } = await runProgram(['check-config', '--port=x', '--hots=y', 'stray'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.trimEnd().split('\n').sort()).toEqual([
      expect.stringMatching(/^nbexchange: --hots: no such flag; did you mean --host\?$/),
      expect.stringMatching(/^nbexchange: --port: must be a whole number/),
      expect.stringMatching(/^nbexchange: stray: no argument of check-config$/),
      expect.stringMatching(/^nbexchange: userPlugin: is required/),
    ])
  })
})

describe('the command line', () => {
  test.each([['srve'], []])('exits with 2 where no command is named: %s', async (...args) => {
    const { code, stdout, stderr } = await runProgram(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^nbexchange: .*Commands: serve, migrate.*\n$/)
  })

  test('hints at the command that was meant', async () => {
    expect((await run(['chek-config'])).stderr).toContain('did you mean check-config?')
  })

  test.each([['--help'], ['-h'], ['help']])('%s lists every command and every setting', async (arg) => {
    const { code, stdout } = await run([arg])
    expect(code).toBe(0)
    for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${name} +`, 'm'))
    for (const { summary } of COMMANDS) expect(stdout).toContain(summary)
    for (const { flag, env } of SETTINGS) {
      expect(stdout).toMatch(new RegExp(`^ {2}${flag}$`, 'm'))
      expect(stdout).toContain(`(${env};`)
    }
  })

  test('COMMAND --help tells the flags of the command', async () => {
    expect((await run(['migrate', '--help'])).stdout).toMatch(/^ {2}--dry-run /m)
  })

  test.each([['version'], ['--version']])('%s prints the version of the package', async (arg) => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
    expect(await runProgram([arg])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('a command without settings refuses their flags', async () => {
    const { code, stderr } = await run(['version', '--port=1', '--nonsense'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/--nonsense: no such flag/)
    expect(stderr).toMatch(/--port: no flag of version/)
  })
})

test('docs/configuration.md is what the schema says (npm run -s nbexchange -- config-reference)', async () => {
  const { stdout } = await run(['config-reference'])
  expect(stdout).toBe(configReference())
  expect(await readFile(DOCUMENT, 'utf8')).toBe(stdout)
})

test('docs/command-line.md is what the list of commands says (npm run reference)', async () => {
  const { stdout } = await run(['command-reference'])
  expect(stdout).toBe(commandReference(COMMANDS))
  expect(await readFile(new URL('../../docs/command-line.md', import.meta.url), 'utf8')).toBe(stdout)
})

describe('flags of one command', () => {
  test('take a value with or without =, and refuse to go without one', async () => {
    const wrong = await run(['verify', '--user-plugin=demo', '--subset', 'all'])
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/^nbexchange: --subset: must be a share/),
    ])
    const missing = await run(['verify', '--user-plugin=demo', '--subset'])
    expect([missing.code, missing.stderr]).toEqual([
      1,
      'nbexchange: --subset: needs a value: --subset=VALUE\n',
    ])
  })

  test('are refused by other commands', async () => {
    expect((await run(['serve', '--user-plugin=demo', '--subset=1%'])).stderr).toMatch(
      /--subset: no such flag/,
    )
  })

  test('a word that is missing is named', async () => {
    const { code, stderr } = await run(['backup', '--user-plugin=demo'])
    expect([code, stderr]).toEqual([1, 'nbexchange: DIR is missing: nbexchange backup DIR [FLAGS]\n'])
  })
})

describe('migrate', () => {
  const migrate = (...args: string[]) => ['migrate', '--user-plugin=demo', ...args]

  test('--dry-run lists what is pending, then each runs once', async () => {
    const pending = (await run(migrate('--dry-run'))).stdout
    expect(pending).toMatch(/^pending 001-/)
    const ran = await run(migrate())
    expect(ran).toEqual({ code: 0, stdout: pending.replaceAll(/^pending/gm, 'ran'), stderr: '' })
    expect((await run(migrate())).stdout).toMatch(/^nothing to do/)
  })

  test('--reset-db drops the tables only when the name is typed or --yes is given', async () => {
    const ran = (await run(migrate())).stdout
    const refused = await runProgram(migrate('--reset-db'), 'yes\n')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/resetDb was not confirmed: type nbexchange\.db/)
    expect((await run(migrate('--reset-db'))).code).toBe(1)
    expect((await run(migrate())).stdout).toMatch(/^nothing to do/)
    expect((await runProgram(migrate('--reset-db'), 'nbexchange.db\n')).stdout).toBe(ran)
    expect((await run(migrate('--reset-db', '--yes'))).stdout).toBe(ran)
  })

  test('a database that cannot be opened is one line and exit code 1', async () => {
    const { code, stdout, stderr } = await run(migrate('--db-url=sqlite:////dev/null/x.db'))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^nbexchange: The database \/dev\/null\/x\.db cannot be used: .*\n$/)
  })
})

describe('serve', () => {
  test('logs its URL in one line and ends with 0 after SIGTERM', async () => {
    const child = start(['serve', '--user-plugin=demo', '--port=0'])
    child.stdin.end()
    const stderr = text(child.stderr)
    let stdout = ''
    for await (const chunk of child.stdout) {
      stdout += chunk
      if (!child.killed && /listens at http/.test(stdout)) child.kill('SIGTERM')
    }
    const code = child.exitCode ?? (await once(child, 'close'))[0]
    expect([code, await stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/"url":"http:\/\/127\.0\.0\.1:\d+\/services\/nbexchange\/"/)
  })
})
