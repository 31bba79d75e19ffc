import { type Static, Type } from 'typebox'
import {
  bucketComplaint,
  cidrComplaint,
  databaseUrlComplaint,
  endpointComplaint,
  pathComplaint,
  prefixComplaint,
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
    storage: Type.Union(
      [Type.Literal('filesystem'), Type.Literal('s3')],
      notes({
        env: 'NBEX_STORAGE',
        flag: '--storage',
        default: 'filesystem',
        description:
          'What keeps the files: a folder (`baseStorageLocation`), or a bucket of an S3-compatible server (`s3…`), which several replicas can share.',
      }),
    ),
    s3Bucket: Type.String(
      notes({
        env: 'NBEX_S3_BUCKET',
        flag: '--s3-bucket',
        default: '',
        check: bucketComplaint,
        description: 'The bucket, which must exist. With `storage` `s3` it is required.',
      }),
    ),
    s3Prefix: Type.String(
      notes({
        env: 'NBEX_S3_PREFIX',
        flag: '--s3-prefix',
        default: '',
        check: prefixComplaint,
        description:
          'Stands before the name of every object, for a bucket that holds other things too. A slash at the end is added where missing.',
      }),
    ),
    s3Endpoint: Type.String(
      notes({
        env: 'NBEX_S3_ENDPOINT',
        alsoEnv: 'AWS_ENDPOINT_URL_S3',
        flag: '--s3-endpoint',
        default: '',
        check: endpointComplaint,
        description:
          'The URL of the server, for all but AWS: `https://minio.example.org:9000`. Empty: that of AWS for the region.',
      }),
    ),
    s3Region: Type.String(
      notes({
        env: 'NBEX_S3_REGION',
        alsoEnv: 'AWS_REGION',
        flag: '--s3-region',
        minLength: 1,
        default: 'us-east-1',
        description: 'The region of the bucket. Most servers beside AWS take the default.',
      }),
    ),
    s3ForcePathStyle: Type.Boolean(
      notes({
        env: 'NBEX_S3_FORCE_PATH_STYLE',
        flag: '--s3-force-path-style',
        defaultText: '`true` where `s3Endpoint` is set, otherwise `false`',
        description:
          'Whether the bucket stands in the path of URLs (`host/bucket/key`) and not in the name of the host (`bucket.host/key`).',
      }),
    ),
    s3AccessKeyId: Type.String(
      notes({
        env: 'NBEX_S3_ACCESS_KEY_ID',
        flag: '--s3-access-key-id',
        default: '',
        description:
          'The access key. Empty: whatever the AWS SDK finds, such as `AWS_ACCESS_KEY_ID`, a web identity token or the role of the machine, renewed before it expires.',
      }),
    ),
    s3SecretAccessKey: Type.String(
      notes({
        env: 'NBEX_S3_SECRET_ACCESS_KEY',
        flag: '--s3-secret-access-key',
        secret: 'all',
        default: '',
        description:
          'The secret that belongs to `s3AccessKeyId`. In a variable or a file it is safer than in a flag.',
      }),
    ),
    s3SignedDownloads: Type.Boolean(
      notes({
        env: 'NBEX_S3_SIGNED_DOWNLOADS',
        flag: '--s3-signed-downloads',
        default: false,
        description:
          'Whether our plugin fetches assignments and submissions straight from the store, by a URL that is good for five minutes, without credentials. Notebook servers must be able to reach `s3Endpoint`; where they cannot, they fetch through the service. Other clients never see such a URL.',
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
        env: 'NBEX_DB_OPTIONS',
        flag: '--db-options',
        was: 'db_kwargs',
        additionalProperties: false,
        default: { poolSize: 10, connectTimeout: 5_000, statementTimeout: 10_000, weakDurability: 'refuse' },
        description:
          'For PostgreSQL and MySQL: `poolSize` connections at the most; `connectTimeout` and `statementTimeout` in milliseconds, after which a request is answered 503; `weakDurability`, whether a server whose settings could lose an acknowledged commit is refused at start (`refuse`) or only logged (`warn`). SQLite takes none.',
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
