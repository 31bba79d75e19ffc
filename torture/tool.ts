import { parseArgs } from 'node:util'
import { cleanUp } from './clean-up.ts'
import { NotHere } from './programs.ts'
import { newSeed } from './random.ts'

/** A program of this folder: it checks promises, one after the other. */
export interface Tool<Name extends string> {
  name: string
  /** What it proves; for `--help`. */
  summary: string
  /** Every option takes a value. */
  options: Record<Name, { otherwise: string; help: string }>
  run(given: Record<Name, string>, report: Report): Promise<void>
}

export class Report {
  passed = 0
  failed = 0

  say(text: string): void {
    process.stdout.write(`${text}\n`)
  }

  /** One check: it holds where there are no problems. */
  check(what: string, problems: readonly string[]): void {
    if (problems.length === 0) this.passed += 1
    else this.failed += 1
    this.say(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${what}`)
    for (const problem of problems.slice(0, 20)) this.say(`       ${problem}`)
    if (problems.length > 20) this.say(`       and ${problems.length - 20} more`)
  }
}

/**
 * Runs a tool from the command line. Ends with the line `N passed, N failed`; the exit code is 1 where a check or the tool itself failed,
 * or where nothing was checked. What the machine cannot give leaves the tool out, with 0; in CI (`CI` is set) that is a failure.
 */
export async function runTool<Name extends string>(tool: Tool<Name>): Promise<void> {
  const report = new Report()
  try {
    const given = optionsOf(tool)
    if (given === 'help') return
    await tool.run(given, report)
    if (report.passed + report.failed === 0) report.check('something was checked', ['nothing was'])
  } catch (error) {
    if (error instanceof NotHere && !process.env.CI) report.say(`LEFT OUT: ${tool.name}: ${error.message}`)
    else report.check(tool.name, [error instanceof Error ? (error.stack ?? error.message) : String(error)])
  } finally {
    cleanUp()
  }
  report.say(`${report.passed} passed, ${report.failed} failed`)
  process.exit(report.failed === 0 && !process.exitCode ? 0 : 1)
}

/** The option that every tool with chance in it has. */
export const SEED_OPTION = { otherwise: '', help: 'the same rounds again; a new one each time otherwise' }

/** The seed that was given, or a new one; printed, so that a failure can be had again. */
export function seedFrom(given: string, report: Report): number {
  const seed = given === '' ? newSeed() : Number(given)
  report.say(`seed ${seed}`)
  return seed
}

function optionsOf<Name extends string>(tool: Tool<Name>): Record<Name, string> | 'help' {
  const names = Object.keys(tool.options) as Name[]
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    },
  })
  if (values.help) {
    process.stdout.write(`node torture/${tool.name}.ts: ${tool.summary}\n`)
    for (const name of names) {
      const { help, otherwise } = tool.options[name]
      process.stdout.write(`  --${name} ${(otherwise || 'N').padEnd(16 - name.length)} ${help}\n`)
    }
    return 'help'
  }
  const given = values as Record<string, string | undefined>
  const pairs = names.map((name) => [name, given[name] ?? tool.options[name].otherwise])
  return Object.fromEntries(pairs) as Record<Name, string>
}
