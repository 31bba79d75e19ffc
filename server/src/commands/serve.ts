import { createLog } from '../log.ts'
import { sentryReporter } from '../sentry.ts'
import { startService } from '../service.ts'
import type { CommandContext } from './command.ts'
import { resetWhenAsked } from './reset-database.ts'

/** Runs the service until a signal; then finishes what is in flight. */
export async function serve(context: CommandContext): Promise<void> {
  const { config } = await context.loadConfig()
  await resetWhenAsked(config, context)
  // Before the start, so that a signal that comes meanwhile still ends in a clean close.
  const stopped = context.terminal.untilStopped()
  const { logLevel: level, sentryDsn: dsn, timezone } = config
  const release = context.terminal.version
  const onError = dsn ? await sentryReporter({ dsn, release }) : undefined
  const log = createLog({ level, timezone, ...(onError && { onError }) })
  const service = await startService(config, log)
  log.info({ url: service.url }, `nbexchange ${context.terminal.version} listens at ${service.url}`)
  const signal = await stopped
  log.info({ signal }, 'stopping; what is in flight is finished first, a second signal stops at once')
  await service.close()
  log.info('stopped')
}
