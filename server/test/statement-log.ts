import { PassThrough } from 'node:stream'
import { startTestService, type TestService } from './start.ts'

/** A real service that tells what it runs in SQL. */
export interface LoggedService extends TestService {
  /** Every statement so far, in the order it began. */
  statements: readonly string[]
}

export async function startLoggedService(): Promise<LoggedService> {
  const statements: string[] = []
  const stream = new PassThrough()
  stream.on('data', (lines: Buffer) => {
    for (const line of lines.toString().trimEnd().split('\n')) {
      const { msg, statement } = JSON.parse(line) as { msg: string; statement: string }
      if (msg === 'sql') statements.push(statement)
    }
  })
  const settings = { NBEX_DEBUG_DB: 'true', NBEX_LOG_LEVEL: 'info' }
  return { ...(await startTestService(settings, undefined, stream)), statements }
}
