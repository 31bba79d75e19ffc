import { resolve } from 'node:path'
import type { CommandContext, ExitCode } from './command.ts'
import { inHouse } from './house.ts'
import { exportTree } from './keeping-house/export-tree.ts'
import { partOf } from './part.ts'
import { progressOn } from './progress.ts'
import { inBytes } from './words.ts'

/** Writes a tree that people can read, or with `--student` one student's evidence. Exit code 3 where a file is damaged. */
export async function exportFiles(context: CommandContext): Promise<ExitCode | undefined> {
  const { switches, terminal, words } = context
  const folder = resolve(terminal.cwd, words[0] ?? '')
  const progress = progressOn(terminal)
  const part = partOf(context)
  const result = await inHouse(context, (house) => exportTree({ house, part, folder, progress }))
  if (switches.has('--json')) terminal.write(`${JSON.stringify(result, null, 2)}\n`)
  else {
    const { actions, bytes, damaged, feedback, releases, submissions } = result
    terminal.write(`Wrote ${releases} releases, ${submissions} submissions, ${feedback} feedback files`)
    terminal.write(` (${inBytes(bytes)}) and ${actions} actions to ${folder}.\n`)
    terminal.write('Check it with: sha256sum -c SHA256SUMS\n')
    for (const { key, problem } of damaged) terminal.write(`damaged  ${key}: ${problem}\n`)
  }
  return result.damaged.length > 0 ? 3 : undefined
}
