import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { maskDatabaseUrl, parseDatabaseUrl } from '../src/config/database-url.ts'
import { ConfigError, loadConfig } from '../src/config/load.ts'

let cwd: string
let systemFolder: string

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'nbx-config-'))
  systemFolder = join(cwd, 'etc-config')
  await mkdir(systemFolder)
})

afterEach(() => rm(cwd, { recursive: true }))

interface Written {
  args?: string[]
  env?: Record<string, string>
}

const load = ({ args = [], env = {} }: Written = {}) => loadConfig({ args, env, cwd, systemFolder })

const loadAsDemo = ({ args = [], env = {} }: Written = {}) =>
  load({ args, env: { NBEX_USER_PLUGIN: 'demo', ...env } })

async function mistakesOf(written: Written = {}): Promise<readonly string[]> {
  const error: unknown = await loadAsDemo(written).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ConfigError)) throw new Error('expected a ConfigError', { cause: error })
  return error.mistakes
}

const write = (name: string, content: string) => writeFile(join(cwd, name), content)

describe('defaults', () => {
  test('keep data on disk: the database is a file beside the storage', async () => {
    const { config, sources } = await loadAsDemo()
    expect(config.baseStorageLocation).toBe(join(cwd, 'data/storage'))
    expect(config.database).toEqual({ dialect: 'sqlite', file: join(cwd, 'data/nbexchange.db') })
    expect(config.dbUrl).toBe(`sqlite:///${join(cwd, 'data/nbexchange.db')}`)
    expect(sources.dbUrl).toBe('default')
  })

  test('let nobody in: without a user plugin the error says what to write', async () => {
    await expect(load()).rejects.toThrow(/^userPlugin: is required.*'proxy-header'.*NBEX_USER_PLUGIN/)
  })

  test('the database moves with the storage', async () => {
    const { config } = await loadAsDemo({ args: ['--base-storage-location', '/srv/x/files'] })
    expect(config.database).toEqual({ dialect: 'sqlite', file: '/srv/x/nbexchange.db' })
  })
})

describe('the places', () => {
  test('flags win over variables, variables over the file', async () => {
    await write('nbexchange.config.json', '{"host": "file", "port": 1, "logLevel": "warn"}')
    const env = { NBEX_HOST: 'variable', NBEX_PORT: '2' }
    const { config, sources } = await loadAsDemo({ args: ['--port=3'], env })
    expect([config.logLevel, config.host, config.port]).toEqual(['warn', 'variable', 3])
    expect([sources.logLevel, sources.host, sources.port, sources.timezone]).toEqual([
      join(cwd, 'nbexchange.config.json'),
      'NBEX_HOST',
      '--port',
      'default',
    ])
  })

  test.each([
    ['nbexchange.config.ts', 'export const config: { port: number } = { port: 7 }'],
    ['nbexchange.config.js', 'export const config = { port: 7 }'],
    ['nbexchange.config.js', 'export default { port: 7 }'],
    ['nbexchange.config.js', 'module.exports = { config: { port: 7 } }'],
    ['nbexchange.config.json', '{"port": 7}'],
  ])('%s is found in the working directory: %s', async (name, content) => {
    await write(name, content)
    expect((await loadAsDemo()).config.port).toBe(7)
  })

  test('the folder of the system is looked into after the working directory', async () => {
    await write('etc-config/nbexchange.config.json', '{"port": 8}')
    expect((await loadAsDemo()).config.port).toBe(8)
    await write('nbexchange.config.json', '{"port": 9}')
    expect((await loadAsDemo()).config.port).toBe(9)
  })

  test.each([
    [['--config', 'other.json'], {}],
    [['--config=other.json'], {}],
    [['--NbExchange.config_file=other.json'], {}],
    [[], { NBEX_CONFIG: 'other.json' }],
  ])('%j and %j name another file', async (args, env) => {
    await write('nbexchange.config.json', '{"port": 1}')
    await write('other.json', '{"port": 10}')
    expect((await loadAsDemo({ args, env })).config.port).toBe(10)
  })

  test('a relative user plugin counts from the file that names it, else from the working directory', async () => {
    await write('etc-config/nbexchange.config.json', '{"userPlugin": "./mine.ts"}')
    expect((await load()).config.baseDirectory).toBe(systemFolder)
    expect((await loadAsDemo()).config.baseDirectory).toBe(cwd)
  })

  test('an empty variable counts as not set, and SENTRY_DSN is read too', async () => {
    const env = { NBEX_HOST: '', NBEX_SENTRY_DSN: '', SENTRY_DSN: 'https://key@sentry.example/1' }
    const { config, sources } = await loadAsDemo({ env })
    expect(config.host).toBe('127.0.0.1')
    expect([config.sentryDsn, sources.sentryDsn]).toEqual(['https://key@sentry.example/1', 'SENTRY_DSN'])
  })

  test('the variable of the notebook plugin is left alone', async () => {
    const { config } = await loadAsDemo({ env: { NBEX_SERVICE_URL: 'http://x', NBEX_PORT: '7' } })
    expect(config.port).toBe(7)
    expect(JSON.stringify(config)).not.toContain('http://x')
  })
})

describe('texts become values', () => {
  test('lists are separated by commas or JSON, objects are JSON', async () => {
    const env = { NBEX_INSTRUCTOR_ROLES: 'Instructor, TA', NBEX_USER_PLUGIN_OPTIONS: '{"header": "X-User"}' }
    const { config } = await loadAsDemo({ args: ['--trusted-proxies', '["10.0.0.0/8"]'], env })
    expect(config.instructorRoles).toEqual(['Instructor', 'TA'])
    expect(config.userPluginOptions).toEqual({ header: 'X-User' })
    expect(config.trustedProxies).toEqual(['10.0.0.0/8'])
  })

  test.each([
    [['--debug-db'], true],
    [['--debug-db=true'], true],
    [['--debug-db=no'], false],
    [['--no-debug-db'], false],
  ])('%j switches to %s', async (args, expected) => {
    expect((await loadAsDemo({ args })).config.debugDb).toBe(expected)
  })

  test.each(['/x/y', 'x/y', 'x/y/', '/x/y/'])('the base URL %s gets its slashes', async (text) => {
    expect((await loadAsDemo({ env: { NBEX_BASE_URL: text } })).config.baseUrl).toBe('/x/y/')
  })

  test('the base URL may be the root', async () => {
    expect((await loadAsDemo({ env: { NBEX_BASE_URL: '/' } })).config.baseUrl).toBe('/')
  })
})

describe('the public URL', () => {
  test.each([
    ['https://hub.example.org', 'https://hub.example.org/'],
    ['http://localhost:8000/nb//', 'http://localhost:8000/nb/'],
  ])('%s gets one slash at its end', async (text, url) => {
    expect((await loadAsDemo({ env: { NBEX_PUBLIC_URL: text } })).config.publicUrl).toBe(url)
  })

  test.each([
    'hub.example.org',
    '/nb/',
    'ftp://x/',
    'https://u:p@x/',
    'https://x/?a=1',
    'https://x/#a',
    'https://',
  ])('%s is refused', async (text) => {
    expect((await mistakesOf({ env: { NBEX_PUBLIC_URL: text } })).join()).toMatch(
      /^NBEX_PUBLIC_URL: must be http/,
    )
  })

  test('is unknown unless somebody says it', async () => {
    expect((await loadAsDemo()).config.publicUrl).toBeUndefined()
  })
})

describe('mistakes', () => {
  test('of all three places are reported at once, each with its place', async () => {
    await write('nbexchange.config.json', '{"prot": 1, "port": "9000", "timezone": "Mars"}')
    const file = join(cwd, 'nbexchange.config.json')
    const env = { NBEX_PORTT: '1', NBEX_LOG_LEVEL: 'loud', NBEX_TRUSTED_PROXIES: '10.0.0.0/33' }
    const args = [
      '--hots',
      'x',
      '--port=99999',
      '--base-url',
      'http://x/',
      '--db-options={"poolSize":1}',
      '--db-url',
    ]
    expect([...(await mistakesOf({ args, env }))].sort()).toEqual(
      [
        `${file}: prot: no such setting; did you mean port?`,
        `${file}: port: must be a whole number from 0 to 65535, not "9000"`,
        `${file}: timezone: must be an IANA time zone such as UTC or Europe/London, not "Mars"`,
        'NBEX_PORTT: no such setting; did you mean NBEX_PORT?',
        'NBEX_LOG_LEVEL: must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
        'NBEX_TRUSTED_PROXIES: must hold addresses or networks such as 10.0.0.7, 10.0.0.0/8 or ::1, not "10.0.0.0/33"',
        '--hots: no such flag; did you mean --host?',
        '--port: must be a whole number from 0 to 65535, not 99999',
        '--base-url: must be a path only, such as /services/nbexchange/, not "http://x/"',
        '--db-options: must be left out: SQLite takes no options',
        '--db-url: needs a value: --db-url=VALUE',
      ].sort(),
    )
  })

  test('a wrong value is a mistake even where a later place overrides it', async () => {
    await write('nbexchange.config.json', '{"port": "x"}')
    expect(await mistakesOf({ args: ['--port=1'] })).toHaveLength(1)
  })

  test.each([
    ['user_plugin_class', 'userPlugin'],
    ['db_kwargs', 'dbOptions'],
    ['base_storage_location', 'baseStorageLocation'],
    ['max_buffer_size', 'maxBufferSize'],
    ['db_url', 'dbUrl'],
  ])('the old key %s is answered with %s', async (old, now) => {
    await write('nbexchange.config.json', JSON.stringify({ [old]: 'x' }))
    expect((await mistakesOf())[0]).toMatch(new RegExp(`: ${old}: no such setting; it is now ${now}$`))
  })

  test('old flags are answered with the new ones', async () => {
    const args = ['--NbExchange.db_url=sqlite://', '--NbExchange.user_plugin_class=x']
    expect(await mistakesOf({ args })).toEqual([
      '--NbExchange.db_url: no such flag; did you mean --db-url?',
      '--NbExchange.user_plugin_class: no such flag; it is now --user-plugin',
    ])
  })

  test('a flag does not take the next flag for its value', async () => {
    expect(await mistakesOf({ args: ['--host', '--port=1'] })).toContain(
      '--host: needs a value: --host=VALUE',
    )
  })

  test('a name that is near nothing gets no hint', async () => {
    expect(await mistakesOf({ args: ['--zzzzzzzz'] })).toEqual(['--zzzzzzzz: no such flag'])
  })

  test.each([
    ['broken.json', '{"port": 1 "host"}', /is not valid JSON \(line 1 column 12\)$/],
    ['broken.ts', 'export const config = {', /cannot be loaded: /],
    ['list.json', '[]', /must hold an object of settings$/],
    ['empty.js', 'export const other = 1', /must hold an object of settings: export const config/],
    ['throws.js', 'throw new Error("no such vault")', /cannot be loaded: no such vault$/],
    ['config.yaml', 'port: 1', /must end in \.ts, \.js or \.json$/],
  ])('%s is one line that says why', async (name, content, expected) => {
    await write(name, content)
    expect(await mistakesOf({ args: ['--config', name] })).toEqual([expect.stringMatching(expected)])
  })

  test('a named file that is not there is a mistake', async () => {
    expect(await mistakesOf({ args: ['--config=none.ts'] })).toEqual([
      `${join(cwd, 'none.ts')}: no such file`,
    ])
  })

  test('two config files in one folder are a mistake', async () => {
    await write('nbexchange.config.json', '{}')
    await write('nbexchange.config.js', 'export const config = {}')
    expect((await mistakesOf())[0]).toMatch(/holds both .* keep one$/)
  })
})

describe('a Python config of the old service', () => {
  test.each([
    ['nbexchange_config.py', []],
    ['etc-config/nbexchange_config.py', []],
    ['elsewhere.py', ['--NbExchange.config_file=elsewhere.py']],
    ['elsewhere.py', ['--config', 'elsewhere.py']],
  ])('%s %j points to the moving guide', async (name, args) => {
    await write(name, 'c.NbExchange.base_url = "/"')
    const [mistake] = await mistakesOf({ args })
    expect(mistake).toMatch(/Python config of nbexchange 1\.x; docs\/moving-from-1\.x\.md/)
    expect(mistake).toContain(join(cwd, name))
  })

  test('is left alone beside a config of ours', async () => {
    await write('nbexchange_config.py', 'c.NbExchange.port = 8')
    await write('nbexchange.config.json', '{"port": 7}')
    const { config, sources } = await loadAsDemo()
    expect([config.port, sources.port]).toEqual([7, join(cwd, 'nbexchange.config.json')])
  })
})

describe('the result', () => {
  test('is frozen to the depth, and what the site put in as an object of its own stays usable', async () => {
    await write(
      'nbexchange.config.js',
      'export const config = { userPluginOptions: { deep: { list: [{}] }, cache: new Map() } }',
    )
    const { config, sources } = await loadAsDemo()
    const { deep, cache } = config.userPluginOptions as {
      deep: { list: object[] }
      cache: Map<string, number>
    }
    for (const part of [
      config,
      sources,
      config.database,
      config.trustedProxies,
      deep,
      deep.list,
      deep.list[0],
    ]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
    expect(cache.set('x', 1).get('x')).toBe(1)
    expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError)
  })
})

describe('secrets', () => {
  const secret = 'hunter2'

  test.each([
    [['--db-url', `postgresql://me:${secret}@db:none/x`], {}],
    [['--db-url', `postgresql://me:${secret}@db/x?sslmode=maybe`], {}],
    [['--db-url', `nosql://me:${secret}@db/x`], {}],
    [['--db-ulr', `postgresql://me:${secret}@db/x`], {}],
    [['--db-url=', `postgresql://me:${secret}@db/x`], {}],
    [['--user-plugin-options', `{"key": "${secret}"`], {}],
    [[], { NBEX_USER_PLUGIN_OPTIONS: secret }],
    [[], { NBEX_DB_OPTIONS: `{"password": "${secret}"}` }],
    [[], { NBEX_SENTRY_DNS: `https://${secret}@sentry.example/1` }],
  ])('no error repeats one: %j %j', async (args, env) => {
    expect((await mistakesOf({ args, env })).join()).not.toContain(secret)
  })

  test.each([
    ['x.json', `{"sentryDsn": "${secret}" "port": 1}`],
    ['x.json', `{"sentryDsn": ${secret}}`],
    ['x.json', `{"sentryDsn": ["${secret}"]}`],
    ['x.js', `export const config = { sentryDsn: ${secret} ${secret} }`],
    ['x.ts', `export const config = { sentryDsn: "a" "${secret}" }`],
  ])('a broken %s does not show its text: %s', async (name, content) => {
    await write(name, content)
    expect((await mistakesOf({ args: ['--config', name] })).join()).not.toContain(secret)
  })

  test.each([
    ['postgresql://me:pw@host/db', 'postgresql://me:***@host/db'],
    ['postgresql+psycopg2://me:p@w:/x@host:5432/db', 'postgresql+psycopg2://me:***@host:5432/db'],
    ['mysql://:pw@host/db?password=pw2&ssl=1', 'mysql://:***@host/db?password=***&ssl=1'],
    ['sqlite:////srv/a@b.db', 'sqlite:////srv/a@b.db'],
  ])('%s is shown as %s', (url, shown) => {
    expect(maskDatabaseUrl(url)).toBe(shown)
  })
})

describe('database URLs', () => {
  test.each([
    ['sqlite:///rel.db', '/work-dir/rel.db'],
    ['sqlite:///sub/rel.db', '/work-dir/sub/rel.db'],
    ['sqlite:////abs.db', '/abs.db'],
    ['sqlite+pysqlite:////abs.db', '/abs.db'],
    ['sqlite:///:memory:', ':memory:'],
    ['sqlite://', ':memory:'],
  ])('%s is %s', (text, file) => {
    expect(parseDatabaseUrl(text, '/work-dir')).toEqual({ url: { dialect: 'sqlite', file } })
  })

  test.each([
    ['sqlite://file.db', /needs three slashes/],
    ['sqlite:///file.db?mode=ro', /no \?options/],
    ['postgresql://host', /must read scheme:/],
    ['postgresql://u:p@h:port/d', /must read scheme:/],
    ['mysql://u:50%@h/d', /write it as %25/],
    ['postgresql://h/d?sslmode=maybe', /sslmode that is none of/],
    ['postgresql://h/d?pool_size=5', /has the option pool_size, which nobody reads/],
    ['constructor://x', /must be a database URL/],
    ['nbexchange.db', /must be a database URL/],
    ['', /must be a database URL/],
  ])('%s is refused', (text, complaint) => {
    expect(parseDatabaseUrl(text, '/')).toEqual({ complaint: expect.stringMatching(complaint) })
  })
})

describe('URLs of database servers', () => {
  const usual = { user: 'u', password: 'p', host: 'h', database: 'd', sslMode: 'disable' }

  test.each([
    ['postgresql://u:p@h/d', { dialect: 'postgres', ...usual }],
    ['postgresql+psycopg2://u:p@h:5433/d', { dialect: 'postgres', ...usual, port: 5433 }],
    ['postgres://u:p@h/d?sslmode=require', { dialect: 'postgres', ...usual, sslMode: 'require' }],
    ['mysql+pymysql://u:p@h/d?charset=utf8mb4', { dialect: 'mysql', ...usual }],
    ['mariadb://u:p@h/d', { dialect: 'mysql', ...usual }],
    ['mysql://u:p%40w%3A@h/d%20e', { dialect: 'mysql', ...usual, password: 'p@w:', database: 'd e' }],
    ['mysql://u:p@w:/x@h/d', { dialect: 'mysql', ...usual, password: 'p@w:/x' }],
    ['postgresql://u:p@[::1]:1/d', { dialect: 'postgres', ...usual, host: '::1', port: 1 }],
    ['postgresql://u:p@/d?host=/run/postgresql', { dialect: 'postgres', ...usual, host: '/run/postgresql' }],
    ['mysql://u:p@/d?unix_socket=/run/mysqld.sock', { dialect: 'mysql', ...usual, host: '/run/mysqld.sock' }],
    [
      'postgresql://u:p@h/d?sslmode=verify-full&sslrootcert=ca.pem',
      { dialect: 'postgres', ...usual, sslMode: 'verify-full', sslCa: '/work-dir/ca.pem' },
    ],
  ])('%s', (text, expected) => {
    expect(parseDatabaseUrl(text, '/work-dir')).toEqual({ url: expected })
  })
})

test.each([
  ['{"pool_size": 5}', 'NBEX_DB_OPTIONS: knows no pool_size: use poolSize, connectTimeout'],
  ['{"poolSize": 0}', 'NBEX_DB_OPTIONS: poolSize must be a whole number from 1 to 1000'],
  ['{"weakDurability": "ignore"}', 'NBEX_DB_OPTIONS: weakDurability must be one of refuse, warn'],
])('the database options %s name what is wrong', async (text, complaint) => {
  const env = { NBEX_DB_URL: 'postgresql://h/d', NBEX_DB_OPTIONS: text }
  expect((await mistakesOf({ env })).join()).toContain(complaint)
})

describe('storage', () => {
  const s3 = (more: Record<string, string> = {}) =>
    loadAsDemo({ env: { NBEX_STORAGE: 's3', NBEX_S3_BUCKET: 'exchange', ...more } })

  test('is a folder unless said otherwise', async () => {
    const { config } = await loadAsDemo()
    expect(config.files).toEqual({ kind: 'filesystem', root: join(cwd, 'data/storage') })
  })

  test('on AWS needs no more than a bucket: the SDK finds the rest', async () => {
    expect((await s3()).config.files).toEqual({
      kind: 's3',
      bucket: 'exchange',
      prefix: '',
      endpoint: undefined,
      region: 'us-east-1',
      forcePathStyle: false,
      credentials: undefined,
      signedDownloads: false,
    })
  })

  test('on another server puts the bucket into the path, and takes the words of the AWS world', async () => {
    const { config, sources } = await s3({
      AWS_ENDPOINT_URL_S3: 'https://minio.example.org:9000',
      AWS_REGION: 'garage',
      NBEX_S3_PREFIX: 'a/b',
      NBEX_S3_ACCESS_KEY_ID: 'id',
      NBEX_S3_SECRET_ACCESS_KEY: 'hush',
    })
    expect(config.files).toMatchObject({
      endpoint: 'https://minio.example.org:9000',
      region: 'garage',
      prefix: 'a/b/',
      forcePathStyle: true,
      credentials: { accessKeyId: 'id', secretAccessKey: 'hush' },
    })
    expect(sources.s3Region).toBe('AWS_REGION')
  })

  test.each([
    [{ NBEX_STORAGE: 's3' }, 'NBEX_STORAGE: needs s3Bucket beside it'],
    [{ NBEX_S3_BUCKET: 'exchange' }, "NBEX_S3_BUCKET: needs storage: 's3' beside it"],
    [{ NBEX_S3_ACCESS_KEY_ID: 'id' }, 'NBEX_S3_ACCESS_KEY_ID: needs s3SecretAccessKey beside it'],
    [{ NBEX_S3_SECRET_ACCESS_KEY: 'x' }, 'NBEX_S3_SECRET_ACCESS_KEY: needs s3AccessKeyId beside it'],
  ])('that is half told is a mistake: %j', async (env, mistake) => {
    expect(await mistakesOf({ env })).toEqual([mistake])
  })

  test.each([
    ['NBEX_S3_BUCKET', 'Has_Capitals', /must be the name of a bucket/],
    ['NBEX_S3_PREFIX', '/a', /none at the start/],
    ['NBEX_S3_PREFIX', 'a/../b', /none at the start/],
    ['NBEX_S3_ENDPOINT', 'minio:9000', /must be http/],
    ['NBEX_S3_ENDPOINT', 'https://user:pw@minio', /must be http/],
    ['NBEX_S3_ENDPOINT', 'https://minio/bucket', /must be http/],
  ])('refuses %s=%s', async (name, value, message) => {
    const env = { NBEX_STORAGE: 's3', NBEX_S3_BUCKET: 'exchange', [name]: value }
    expect(await mistakesOf({ env })).toEqual([expect.stringMatching(message)])
  })
})
