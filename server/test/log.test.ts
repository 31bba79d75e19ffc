import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createLog } from '../src/log.ts'
import { sentryReporter } from '../src/sentry.ts'

function lines() {
  const written: string[] = []
  return { written, stream: { write: (text: string) => void written.push(text) } }
}

describe('the log', () => {
  test('credentials in headers never reach it', () => {
    const { stream, written } = lines()
    const headers = { authorization: 'Bearer s3cret', cookie: 's3cret', 'x-exchange-user': 's3cret' }
    createLog({ level: 'info', stream }).info({ headers, req: { headers } }, 'request')
    expect(written.join('')).toContain('[secret]')
    expect(written.join('')).not.toContain('s3cret')
  })

  test('times are written in the zone that is configured, with its offset', () => {
    const { stream, written } = lines()
    createLog({ level: 'info', stream, timezone: 'Asia/Kolkata' }).info('one')
    createLog({ level: 'info', stream }).info('two')
    const [kolkata, utc] = written.map((line) => (JSON.parse(line) as { time: string }).time)
    expect(kolkata).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:30$/)
    expect(utc).toMatch(/Z$/)
    expect(Math.abs(Date.parse(String(kolkata)) - Date.parse(String(utc)))).toBeLessThan(60_000)
  })

  test('an error that is logged goes to Sentry when a DSN is configured; a warning does not', async () => {
    const bodies: string[] = []
    const arrived = Promise.withResolvers<void>()
    const sentry = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text))
      request.on('end', () => {
        response.end('{}')
        arrived.resolve()
      })
    })
    await new Promise<void>((resolve) => sentry.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = sentry.address() as AddressInfo
      const onError = await sentryReporter({ dsn: `http://key@127.0.0.1:${port}/1`, release: '1' })
      const log = createLog({ level: 'info', stream: lines().stream, onError })
      log.warn({ err: new Error('only a warning') }, 'warned')
      log.child({ reqId: '1' }).error({ err: new Error('the defect itself') }, 'defect')
      await arrived.promise
      expect(bodies.join('')).toContain('the defect itself')
      expect(bodies.join('')).not.toContain('only a warning')
    } finally {
      sentry.closeAllConnections()
      sentry.close()
    }
  })
})
