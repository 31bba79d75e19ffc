import { resolve } from 'node:path'
import { Type } from 'typebox'
import { databaseUrlComplaint } from '../checks.ts'
import { group, notes } from './notes.ts'

/** What holds of `dbOptions` where it says nothing; times in milliseconds. */
export const DB_OPTIONS = {
  poolSize: 10,
  connectTimeout: 5_000,
  statementTimeout: 10_000,
  weakDurability: 'refuse',
} as const

export const database = group('Database', {
  dbUrl: Type.String(
    notes({
      secret: 'password',
      defaultFrom: (settings) =>
        `sqlite:///${resolve(String(settings.baseStorageLocation), '../nbexchange.db')}`,
      defaultText: '`nbexchange.db` beside `baseStorageLocation`',
      example: 'postgresql://nbexchange:password@db.example.org/nbexchange',
      check: databaseUrlComplaint,
      description:
        'The database, as SQLAlchemy spells it: `sqlite:///file.db` (relative), `sqlite:////srv/file.db` (absolute), `postgresql://user:password@host/database`, `mysql://...`. `sqlite:///:memory:` forgets everything when the service stops.',
    }),
  ),
  dbOptions: Type.Object(
    {
      poolSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
      connectTimeout: Type.Optional(Type.Integer({ minimum: 1 })),
      statementTimeout: Type.Optional(Type.Integer({ minimum: 1 })),
      weakDurability: Type.Optional(Type.Union([Type.Literal('refuse'), Type.Literal('warn')])),
    },
    notes({
      was: 'db_kwargs',
      additionalProperties: false,
      default: DB_OPTIONS,
      example: { poolSize: 20, weakDurability: 'warn' },
      disagreement: ({ dbOptions, dbUrl }) => {
        const isServer = /^(postgres|mysql|mariadb)/.test(String(dbUrl))
        const says = typeof dbOptions === 'object' && Object.keys(dbOptions ?? {}).length > 0
        return says && !isServer ? 'must be left out: SQLite takes no options' : undefined
      },
      description:
        'For PostgreSQL and MySQL: `poolSize` connections at the most; `connectTimeout` and `statementTimeout` in milliseconds, after which a request is answered 503; `weakDurability`, whether a server whose settings could lose an acknowledged commit is refused at start (`refuse`) or only logged (`warn`). SQLite takes none.',
    }),
  ),
  upgradeDb: Type.Boolean(
    notes({
      default: true,
      description: 'Run pending migrations when the service starts. When off, run `nbexchange migrate`.',
    }),
  ),
  resetDb: Type.Boolean(
    notes({
      default: false,
      description:
        'Empty the database at the start of `serve` or `migrate`. Asks for its name to be typed, unless `--yes` is given.',
    }),
  ),
  debugDb: Type.Boolean(
    notes({ default: false, description: 'Log every SQL statement, its values masked.' }),
  ),
})
