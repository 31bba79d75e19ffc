import { type Static, Type } from 'typebox'
import {
  cidrComplaint,
  databaseUrlComplaint,
  pathComplaint,
  timezoneComplaint,
  webPathComplaint,
} from './checks.ts'

/** What each setting carries beside its shape. Help, documentation and messages are made from it. */
export interface Notes {
  /** For the operator: one or two sentences. */
  description: string
  /** `NBEX_` and the key in capitals. */
  env: string
  /** `--` and the key in kebab-case. */
  flag: string
  /** A further variable that is read when `env` is not set. */
  alsoEnv?: string
  unit?: string
  /** The name in nbexchange 1.x, where it is not just the key in snake_case. */
  was?: string
  /** Which part of the value is never shown: all of it, the password of a URL, or the values of an object. */
  secret?: 'all' | 'password' | 'values'
  /** What stands for an absent value that depends on other settings. */
  defaultText?: string
  /** What is wrong with a value of the right type, said after the name; undefined when nothing is. */
  check?: (value: string) => string | undefined
  /** Said when a setting without a default is missing. */
  missing?: string
}

function notes<N extends Notes>(values: N): N {
  return values
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** Every setting, once: shape, default, words, environment variable and flag. */
export const ConfigSchema = Type.Object(
  {
    userPlugin: Type.String(
      notes({
        env: 'NBEX_USER_PLUGIN',
        flag: '--user-plugin',
        was: 'user_plugin_class',
        minLength: 1,
        description:
          'Who may sign in: a built-in (`jupyterhub`, `jwt`, `remote`, `proxy-header`, `demo`), a file beside the config (`./my-plugin.ts`), or an npm package. There is no default, so that nobody is let in by accident.',
        missing:
          "is required: write 'jupyterhub', 'jwt' or 'remote' (docs/sign-in says which), 'proxy-header' (a trusted proxy signs people in), 'demo' (fixed users, loopback only), a file such as './my-plugin.ts', or the name of an npm package",
      }),
    ),
    userPluginOptions: Type.Object(
      {},
      notes({
        env: 'NBEX_USER_PLUGIN_OPTIONS',
        flag: '--user-plugin-options',
        secret: 'values',
        additionalProperties: true,
        default: {},
        description: 'Handed to the user plugin as they are; the plugin says what it takes.',
      }),
    ),
    trustedProxies: Type.Array(
      Type.String(),
      notes({
        env: 'NBEX_TRUSTED_PROXIES',
        flag: '--trusted-proxies',
        default: ['127.0.0.0/8', '::1'],
        check: cidrComplaint,
        description:
          'Addresses and networks (CIDR) whose headers are believed: only they may say who a user is or where a request came from.',
      }),
    ),
    instructorRoles: Type.Array(
      Type.String({ minLength: 1 }),
      notes({
        env: 'NBEX_INSTRUCTOR_ROLES',
        flag: '--instructor-roles',
        minItems: 1,
        default: ['Instructor'],
        description: 'The course roles that teach. Every other role is a student.',
      }),
    ),
    host: Type.String(
      notes({
        env: 'NBEX_HOST',
        flag: '--host',
        minLength: 1,
        default: '127.0.0.1',
        description:
          'The address to listen on; `0.0.0.0` or `::` for all. Beyond loopback, a proxy in front should speak TLS.',
      }),
    ),
    port: Type.Integer(
      notes({
        env: 'NBEX_PORT',
        flag: '--port',
        minimum: 0,
        maximum: 65535,
        default: 9000,
        description: 'The port to listen on; `0` takes any that is free and logs which.',
      }),
    ),
    baseUrl: Type.String(
      notes({
        env: 'NBEX_BASE_URL',
        flag: '--base-url',
        default: '/services/nbexchange/',
        check: webPathComplaint,
        description:
          'The path below which the service answers. Slashes at both ends are added where missing.',
      }),
    ),
    baseStorageLocation: Type.String(
      notes({
        env: 'NBEX_BASE_STORAGE_LOCATION',
        flag: '--base-storage-location',
        minLength: 1,
        default: './data/storage',
        check: pathComplaint,
        description:
          'The folder that holds the files of releases, submissions and feedback. A relative path counts from the working directory.',
      }),
    ),
    dbUrl: Type.String(
      notes({
        env: 'NBEX_DB_URL',
        flag: '--db-url',
        secret: 'password',
        defaultText: '`nbexchange.db` beside `baseStorageLocation`',
        check: databaseUrlComplaint,
        description:
          'The database, as SQLAlchemy spells it: `sqlite:///file.db` (relative), `sqlite:////srv/file.db` (absolute). `sqlite:///:memory:` forgets everything when the service stops.',
      }),
    ),
    dbOptions: Type.Object(
      {},
      notes({
        env: 'NBEX_DB_OPTIONS',
        flag: '--db-options',
        was: 'db_kwargs',
        secret: 'values',
        additionalProperties: true,
        default: {},
        description: 'Options of the database driver. SQLite takes none.',
      }),
    ),
    upgradeDb: Type.Boolean(
      notes({
        env: 'NBEX_UPGRADE_DB',
        flag: '--upgrade-db',
        default: true,
        description: 'Run pending migrations when the service starts. When off, run `nbexchange migrate`.',
      }),
    ),
    resetDb: Type.Boolean(
      notes({
        env: 'NBEX_RESET_DB',
        flag: '--reset-db',
        default: false,
        description:
          'Empty the database at the start of `serve` or `migrate`. Asks for its name to be typed, unless `--yes` is given.',
      }),
    ),
    debugDb: Type.Boolean(
      notes({
        env: 'NBEX_DEBUG_DB',
        flag: '--debug-db',
        default: false,
        description: 'Log every SQL statement, its values masked.',
      }),
    ),
    maxBufferSize: Type.Integer(
      notes({
        env: 'NBEX_MAX_BUFFER_SIZE',
        flag: '--max-buffer-size',
        unit: 'bytes',
        minimum: 1,
        default: 5_253_530_000,
        description:
          'The largest file that may be handed in or released. Files are streamed, never held in memory.',
      }),
    ),
    timezone: Type.String(
      notes({
        env: 'NBEX_TIMEZONE',
        flag: '--timezone',
        default: 'UTC',
        check: timezoneComplaint,
        description:
          'An IANA time zone, for times that people read. Stored times and the API are always in UTC.',
      }),
    ),
    logLevel: Type.Union(
      LEVELS.map((level) => Type.Literal(level)),
      notes({
        env: 'NBEX_LOG_LEVEL',
        flag: '--log-level',
        default: 'info',
        description: 'The least important lines that are logged.',
      }),
    ),
    sentryDsn: Type.String(
      notes({
        env: 'NBEX_SENTRY_DSN',
        alsoEnv: 'SENTRY_DSN',
        flag: '--sentry-dsn',
        secret: 'all',
        default: '',
        description: 'Where errors are reported to Sentry; empty reports nothing.',
      }),
    ),
  },
  { additionalProperties: false },
)

export type Settings = Static<typeof ConfigSchema>
export type SettingKey = keyof Settings
