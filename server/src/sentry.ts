/** What takes an unexpected error to where somebody sees it. */
export type ErrorReporter = (error: unknown) => void

/**
 * Sends errors to Sentry: the error and its stack, nothing of the request. The library is loaded only when this
 * is called, which is only when a DSN is configured.
 */
export async function sentryReporter(options: { dsn: string; release: string }): Promise<ErrorReporter> {
  const Sentry = await import('@sentry/node')
  Sentry.init({
    dsn: options.dsn,
    release: options.release,
    defaultIntegrations: false,
  })
  return (error) => {
    Sentry.captureException(error)
  }
}
