import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import type { Row } from './contest.ts'
import { plot } from './plot.ts'
import { growthExponent, median } from './statistics.ts'
import type { Outcome, Table, Workload } from './workload.ts'

/** What one workload gave, and on what. */
interface Result extends Outcome {
  id: string
  title: string
  /** Where and how it was measured, in a line. */
  circumstances: string
}

const INTRODUCTION = `# What it costs

Written by \`make bench\`; do not edit. \`make bench ONLY=B1,B2\` measures those alone again, \`QUICK=1\` is for seeing that it runs.

How to read it: every figure is the median of the runs, then the smallest and the largest. The contestants of a table ran in
turn, in the same minutes, on the same machine, with the same client, which shares the processors with what it measures. So
compare within a table, and mistrust a difference that is smaller than the ranges. *CPU s/1000* is the processor time of the
server's process for 1000 requests, which the client cannot distort; *peak RSS* is its VmHWM during the run. Every body
was hashed and compared; *failed* counts requests that got no answer or a wrong one. *roof* is what the machine gives without an exchange.
A growth exponent of 0 means that the time does not depend on the size of the class, of 1 that it grows in proportion.
`

/** Keeps the outcome in \`folder\` and writes its RESULTS.md and plots anew. */
export function keep(folder: string, workload: Workload, outcome: Outcome & { how: string }): void {
  const parts = join(folder, 'results')
  mkdirSync(parts, { recursive: true })
  const { id, title } = workload
  const { curves, how, tables } = outcome
  const result: Result = { id, title, circumstances: circumstances(how), tables, ...(curves && { curves }) }
  writeFileSync(join(parts, `${id}.json`), `${JSON.stringify(rounded(result), null, 1)}\n`)
  if (curves) writeFileSync(join(parts, `${id}.svg`), plot(title, curves))
  writeFileSync(join(folder, 'RESULTS.md'), [INTRODUCTION, ...readAll(parts).map(section)].join('\n'))
}

function circumstances(how: string): string {
  const processors = cpus()
  const load = loadavg()[0]?.toFixed(1)
  const today = new Date().toISOString().slice(0, 10)
  return `${today}, Node ${process.version}, ${processors.length} x ${processors[0]?.model.trim()}, load average at the end ${load}; ${how}`
}

function readAll(parts: string): Result[] {
  return readdirSync(parts)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(parts, name), 'utf8')) as Result)
    .sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))
}

function section(result: Result): string {
  const curves = (result.curves ?? []).map(
    (curve) => `- ${curve.name}: growth exponent ${growthExponent(curve.points).toFixed(2)}`,
  )
  return [
    `## ${result.id}: ${result.title}\n\n${result.circumstances}\n`,
    ...(curves.length > 0 ? [`![time against class size](results/${result.id}.svg)\n`, ...curves, ''] : []),
    ...result.tables.map(table),
  ].join('\n')
}

/** The table in Markdown. */
export function table({ rows, title }: Table): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row.figures)))]
  return [
    `| ${[title, ...columns].join(' | ')} |`,
    `|${' --- |'.repeat(columns.length + 1)}`,
    ...rows.map((row) => `| ${[row.name, ...columns.map((column) => cell(row, column))].join(' | ')} |`),
    '',
  ].join('\n')
}

function cell(row: Row, column: string): string {
  const values = row.figures[column]
  if (!values) return ''
  const low = short(Math.min(...values))
  const high = short(Math.max(...values))
  return low === high ? low : `${short(median(values))} (${low}–${high})`
}

function short(value: number): string {
  return value >= 100 || value === 0 ? value.toFixed(0) : value.toPrecision(3)
}

/** Digits that mean nothing would only make every difference between two results long. */
function rounded(result: Result): unknown {
  return JSON.parse(
    JSON.stringify(result, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)),
  )
}
