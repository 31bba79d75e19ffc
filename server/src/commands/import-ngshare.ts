import type { CommandContext, ExitCode } from './command.ts'
import { databaseNamed, folderNamed } from './import.ts'
import { ownerNamed } from './import-directory.ts'
import { ngshareHoldings, readNgshareTables } from './moving-in/ngshare-source.ts'
import { runImport } from './moving-in/run-import.ts'

/** Takes over what ngshare holds. */
export function importNgshare(context: CommandContext): Promise<ExitCode | undefined> {
  return runImport(context, async () => {
    const storage = folderNamed('--from-storage', context)
    const tables = await readNgshareTables(databaseNamed('--from-db', context))
    return { name: 'ngshare', holdings: await ngshareHoldings(tables, { storage, ...ownerNamed(context) }) }
  })
}
