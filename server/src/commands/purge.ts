import { ConfigError } from '../config/load.ts'
import { recordChore } from '../db/chores.ts'
import { transact } from '../db/database.ts'
import { insertErasures } from '../db/erasures.ts'
import { filesToPurge, forgetReasons, reasonsToPurge } from '../db/retention.ts'
import { FILE_TABLES, type StoredFile } from '../db/stored-files.ts'
import { fileKey } from '../exchange/keys.ts'
import { chunksOf } from './chunks.ts'
import type { CommandContext } from './command.ts'
import { inHouse } from './house.ts'
import { partOf } from './part.ts'
import { progressOn } from './progress.ts'
import { inBytes, spanOf } from './words.ts'

const CHUNK = 200

/**
 * Removes files for good whose time has come: of assignments that were purged long enough ago, and with
 * `--older-than` all work and feedback of that age, and the reasons of their extensions. The rows stay as evidence, with when and why. Without `--yes`
 * only tells.
 */
export async function purgeFiles(context: CommandContext): Promise<void> {
  const { switches, terminal, values } = context
  const reason = values.get('--reason')?.trim() ?? ''
  const retention = spanOf('--retention', values.get('--retention') ?? '30d')
  const age = values.get('--older-than')
  const oldest = age === undefined ? null : spanOf('--older-than', age)
  const sure = switches.has('--yes')
  if (sure && reason === '')
    throw new ConfigError(['--reason: is missing: say why, it is kept with the evidence'])
  const report = await inHouse(context, async (house) => {
    const { database, files } = house
    const at = house.now()
    const madeBefore = oldest === null ? null : at - oldest
    const wanted = { ...partOf(context), purgedBefore: at - retention, madeBefore }
    const found: StoredFile[] = []
    for (const kind of FILE_TABLES) found.push(...(await filesToPurge(database, { ...wanted, kind })))
    const reasons = await reasonsToPurge(database, wanted)
    const progress = progressOn(terminal)
    if (sure) {
      progress.begin('files', found.length)
      for (const some of chunksOf(found, CHUNK)) {
        const erased = some.map(({ id, ...file }) => ({ ...file, fileId: id }))
        // The row says first that the file is gone: a cut in between leaves litter, never a row without its file.
        await transact(database, (transaction) => insertErasures(transaction, { files: erased, at, reason }))
        for (const file of some) await files.delete(fileKey(file))
        progress.step(some.length)
      }
      for (const some of chunksOf(reasons, CHUNK)) await forgetReasons(database, some)
      progress.end()
    }
    const bytes = found.reduce((sum, { size }) => sum + size, 0)
    const result = { dry_run: !sure, files: found.length, bytes, reasons: reasons.length, reason }
    if (sure) await recordChore(database, { name: 'purge', at, clean: true, report: result })
    return result
  })
  if (switches.has('--json')) {
    terminal.write(`${JSON.stringify(report, null, 2)}\n`)
    return
  }
  const done = report.dry_run ? 'would be removed' : 'were removed'
  const reasons = report.reasons === 0 ? '' : `, and the reasons of ${report.reasons} extensions`
  terminal.write(`${report.files} files, ${inBytes(report.bytes)}${reasons}, ${done} for good.\n`)
  if (report.dry_run) terminal.write('Nothing was changed: add --yes and --reason=TEXT to do it.\n')
}
