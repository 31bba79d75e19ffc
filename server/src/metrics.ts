import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

/** Every metric of the service, on a registry of its own so that two services in one process do not mix. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    requests: new Counter({
      name: 'nbexchange_http_requests_total',
      help: 'Requests answered, by route, method and status',
      labelNames: ['route', 'method', 'status'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'nbexchange_http_request_seconds',
      help: 'Time from the request line to the end of the answer, by route and method',
      labelNames: ['route', 'method'],
      buckets: [0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 300],
      registers,
    }),
    bytesReceived: new Counter({
      name: 'nbexchange_received_bytes_total',
      help: 'Bytes of files stored, before any encoding',
      registers,
    }),
    bytesSent: new Counter({
      name: 'nbexchange_sent_bytes_total',
      help: 'Bytes of files read for clients',
      registers,
    }),
    submissions: new Counter({
      name: 'nbexchange_submissions_acknowledged_total',
      help: 'Submissions whose bytes and row are durable and whose receipt was made (retries not counted)',
      registers,
    }),
    fsyncSeconds: new Histogram({
      name: 'nbexchange_storage_fsync_seconds',
      help: 'Time of one fsync of a file or directory',
      buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers,
    }),
    storageErrors: new Counter({
      name: 'nbexchange_storage_errors_total',
      help: 'Storage operations that failed, by operation and error code',
      labelNames: ['operation', 'code'],
      registers,
    }),
    databaseErrors: new Counter({
      name: 'nbexchange_database_errors_total',
      help: 'Database statements that failed',
      registers,
    }),
    verifiedAt: new Gauge({
      name: 'nbexchange_verify_timestamp_seconds',
      help: 'When `nbexchange verify` last ran, as of the last readiness check',
      registers,
    }),
    damagedFiles: new Gauge({
      name: 'nbexchange_verify_damaged_files',
      help: 'Damaged files that `nbexchange verify` last found, as of the last readiness check',
      registers,
    }),
    freeBytes: new Gauge({
      name: 'nbexchange_storage_free_bytes',
      help: 'Free space of the storage as of the last readiness check',
      registers,
    }),
  }
}
