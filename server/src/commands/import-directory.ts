import { ConfigError } from '../config/load.ts'
import type { CommandContext, ExitCode } from './command.ts'
import { folderNamed } from './import.ts'
import { directoryHoldings } from './moving-in/directory-source.ts'
import { runImport } from './moving-in/run-import.ts'
import { organisationOf } from './words.ts'

/** Takes over what nbgrader's own exchange folder holds. */
export function importDirectory(context: CommandContext): Promise<ExitCode | undefined> {
  return runImport(context, async () => {
    const root = folderNamed('--from', context)
    return { name: root, holdings: await directoryHoldings({ root, ...ownerNamed(context) }) }
  })
}

/** The organisation that it all becomes part of, and in whose name releases and feedback appear. Throws a `ConfigError`. */
export function ownerNamed({ values }: CommandContext): { orgId: number; by: string } {
  const by = values.get('--released-by')
  if (by !== undefined) return { by, orgId: organisationOf('--org', values.get('--org') ?? '1') }
  throw new ConfigError(['--released-by: is missing: the user in whose name releases and feedback appear'])
}
