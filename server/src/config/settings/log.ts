import { Type } from 'typebox'
import { timezoneComplaint } from '../checks.ts'
import { group, notes } from './notes.ts'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export const log = group('What it tells', {
  timezone: Type.String(
    notes({
      default: 'UTC',
      example: 'Europe/London',
      check: timezoneComplaint,
      description:
        'An IANA time zone, for times that people read. Stored times and the API are always in UTC.',
    }),
  ),
  logLevel: Type.Union(
    LEVELS.map((level) => Type.Literal(level)),
    notes({ default: 'info', description: 'The least important lines that are logged.' }),
  ),
  sentryDsn: Type.String(
    notes({
      alsoEnv: 'SENTRY_DSN',
      secret: 'all',
      default: '',
      example: 'https://key@sentry.example.org/1',
      description: 'Where errors are reported to Sentry; empty reports nothing.',
    }),
  ),
})
