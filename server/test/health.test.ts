import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { healthRoutes } from '../src/http/health.ts'
import type { ReadyReport } from '../src/http/options.ts'
import { createMetrics } from '../src/metrics.ts'
import { listen } from './raw-http.ts'

let report: ReadyReport | Error
let server: Awaited<ReturnType<typeof listen>>

beforeAll(async () => {
  const ready = async () => {
    if (report instanceof Error) throw report
    return report
  }
  server = await listen((app) => healthRoutes(app, { health: { ready }, metrics: createMetrics() }))
})
afterAll(() => server.app.close())

async function get(path: string) {
  const response = await fetch(server.url + path)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

describe('health', () => {
  it('is live as long as the process answers', async () => {
    report = new Error('down')
    expect(await get('/health/live')).toMatchObject({ status: 200, text: '{"status":"ok"}' })
  })

  it('is ready when every check is, and tells the free space', async () => {
    report = { ready: true, checks: { storage: 'ok', database: 'ok' }, freeBytes: 12345, lastVerify: null }
    const { status, text } = await get('/health/ready')
    expect(status).toBe(200)
    expect(JSON.parse(text)).toEqual({
      status: 'ok',
      checks: { storage: 'ok', database: 'ok' },
      free_bytes: 12345,
      last_verify: null,
    })
    expect((await get('/metrics')).text).toContain('nbexchange_storage_free_bytes 12345')
  })

  it('is 503 with the report when a check fails, and with an error when the checks do', async () => {
    report = {
      ready: false,
      checks: { storage: 'ok', database: 'does not answer' },
      freeBytes: null,
      lastVerify: null,
    }
    const { status, text, headers } = await get('/health/ready')
    expect(status).toBe(503)
    expect(headers.get('retry-after')).toMatch(/^\d+$/)
    expect(JSON.parse(text)).toMatchObject({ status: 'unavailable', checks: { database: 'does not answer' } })
    report = new Error('/srv/secret is gone')
    const failed = await get('/health/ready')
    expect(failed.status).toBe(503)
    expect(failed.text).not.toContain('secret')
  })

  it('shows the metrics in the format of Prometheus', async () => {
    const { status, headers, text } = await get('/metrics')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain('text/plain')
    expect(text).toContain('# TYPE nbexchange_http_requests_total counter')
  })
})
