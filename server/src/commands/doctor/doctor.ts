import type { Config } from '../../config/load.ts'
import { openDatabase } from '../../db/database.ts'
import { pendingMigrations } from '../../db/migrate.ts'
import { createMetrics } from '../../metrics.ts'
import { createStorage } from '../../storage/index.ts'
import type { CommandContext, ExitCode } from '../command.ts'
import { asText, type Finding, ill, lookedAt, well } from './findings.ts'
import { roundTrip } from './round-trip.ts'
import { askService, RunningService } from './running-service.ts'
import { whatTheySee } from './what-they-see.ts'

const FOUND_SOMETHING: ExitCode = 3

/** Prints what it finds; answers 3 where anything is ill. */
export async function doctor(context: CommandContext): Promise<ExitCode | undefined> {
  const { config } = await context.loadConfig()
  const { switches, terminal, values } = context
  const service = new RunningService(values.get('--url') ?? addressOf(config), values.get('--token'))
  const course = values.get('--course')
  const findings = [
    ...(await lookedAt(
      'storage',
      'Check storage and its place (a folder: its disk and its owner; a bucket: address and keys).',
      () => storage(config),
    )),
    ...(await lookedAt('database', 'Check dbUrl, and whether its server runs.', () => database(context))),
    ...(await askService(service, terminal.version)),
    ...(switches.has('--round-trip') ? await roundTrip(service, course) : []),
  ]
  terminal.write(switches.has('--json') ? `${JSON.stringify({ findings }, null, 2)}\n` : asText(findings))
  return findings.every(({ ok }) => ok) ? undefined : FOUND_SOMETHING
}

function addressOf({ baseUrl, host, port }: Config): string {
  const everywhere = host === '0.0.0.0' || host === '::'
  const name = everywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}${baseUrl}`
}

async function storage(config: Config): Promise<Finding> {
  const driver = createStorage(config.files, { metrics: createMetrics() })
  const { freeBytes } = await driver.check()
  const free = freeBytes === null ? '' : `, ${(freeBytes / 1e9).toFixed(1)} GB free`
  return well('storage', `${driver.place} can be written and read${free}`)
}

async function database({ loadConfig, values }: CommandContext): Promise<Finding[]> {
  const { config } = await loadConfig()
  const opened = await openDatabase({ url: config.database })
  try {
    const pending = await pendingMigrations(opened)
    const state =
      pending.length === 0
        ? well('database', `${config.dbUrl} answers and is up to date`)
        : ill(
            'database',
            `${pending.length} migrations have not run`,
            'Start the service with upgradeDb, or run nbexchange migrate.',
          )
    const name = values.get('--user')
    if (name === undefined || pending.length > 0) return [state]
    const orgId = Number(values.get('--org') ?? 1)
    const question = { orgId, name, course: values.get('--course'), assignment: values.get('--assignment') }
    return [state, ...(await whatTheySee(opened, question, config))]
  } finally {
    await opened.destroy()
  }
}
