import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase, transact } from '../src/db/database.ts'
import { UniqueViolation } from '../src/db/errors.ts'
import { migrate } from '../src/db/migrate.ts'
import type { Schema } from '../src/db/schema.ts'
import { createMetrics } from '../src/metrics.ts'
import { DurableDirectories } from '../src/storage/durable-directories.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nbexchange-test-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

describe('transactions on SQLite that arrive together', () => {
  let database: Kysely<Schema>
  let commits = 0

  beforeEach(async () => {
    const debug = (statement: string) => {
      if (statement === 'commit') commits += 1
    }
    database = await openDatabase({ url: { dialect: 'sqlite', file: join(directory, 'x.db') }, debug })
    await migrate(database)
    commits = 0
  })

  afterEach(() => database.destroy())

  const enrol = (name: string) =>
    transact(database, async (transaction) => {
      await transaction.insertInto('users').values({ org_id: 1, name, created_at: 1 }).execute()
      return name
    })
  const fail = (name: string) =>
    transact(database, async (transaction) => {
      await transaction.insertInto('users').values({ org_id: 1, name, created_at: 1 }).execute()
      throw new Error(`${name} changed their mind`)
    })
  /** Goes wrong at the commit alone. */
  const breakTheCommit = () =>
    transact(database, async (transaction) => {
      await sql`pragma defer_foreign_keys = on`.execute(transaction)
      const nobody = { org_id: 1, course_id: 9, user_id: 9, role: 'Student', asserted_at: 1 }
      await transaction.insertInto('members').values(nobody).execute()
    })
  const names = async () =>
    (await database.selectFrom('users').select('name').orderBy('id').execute()).map(({ name }) => name)

  test('share one commit, and each gets its own answer', async () => {
    expect(await Promise.all(['ada', 'bob', 'cyd'].map(enrol))).toEqual(['ada', 'bob', 'cyd'])
    expect(commits).toBe(1)
    expect(await names()).toEqual(['ada', 'bob', 'cyd'])
  })

  test('are undone alone where they fail, and the others are not', async () => {
    const [ada, bob, cyd] = await Promise.allSettled([enrol('ada'), fail('bob'), enrol('cyd')])
    expect(bob).toMatchObject({ status: 'rejected', reason: new Error('bob changed their mind') })
    expect([ada, cyd]).toMatchObject([{ value: 'ada' }, { value: 'cyd' }])
    expect(await names()).toEqual(['ada', 'cyd'])
  })

  test('all fail where their commit fails, and nothing of them stays', async () => {
    const answers = await Promise.allSettled([enrol('ada'), breakTheCommit(), enrol('bob')])
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(await names()).toEqual([])
    expect(await enrol('cyd')).toBe('cyd')
    expect(await names()).toEqual(['cyd'])
  })

  test('are not answered before the commit', async () => {
    let answered = 0
    const before: number[] = []
    const first = enrol('ada').then(() => {
      answered += 1
    })
    const second = transact(database, async () => void before.push(answered))
    await Promise.all([first, second])
    expect(before).toEqual([0])
    expect(commits).toBe(1)
  })

  test('go on in groups however many there are', async () => {
    const many = Array.from({ length: 200 }, (_, index) => `student${index}`)
    await Promise.all(many.map(enrol))
    expect(await names()).toEqual(many)
    expect(commits).toBe(4)
  })
})

describe('SQLite', () => {
  let database: Kysely<Schema>

  beforeEach(async () => {
    database = await openDatabase({ url: { dialect: 'sqlite', file: join(directory, 'x.db') } })
    await migrate(database)
  })

  afterEach(() => database.destroy())

  const enrol = (name: string, to: Database = database) =>
    to.insertInto('users').values({ org_id: 1, name, created_at: 1 }).execute()
  const names = async () =>
    (await database.selectFrom('users').select('name').orderBy('id').execute()).map(({ name }) => name)

  test('answers readers while somebody writes, with what was committed before', async () => {
    await enrol('ada')
    const meanwhile = await transact(database, async (transaction) => {
      await enrol('bob', transaction)
      return names()
    })
    expect(meanwhile).toEqual(['ada'])
    expect(await names()).toEqual(['ada', 'bob'])
  })

  test('lets whoever writes without a transaction wait for the one that runs', async () => {
    const order: string[] = []
    const first = transact(database, async (transaction) => {
      await enrol('ada', transaction)
      const second = enrol('bob').then(() => order.push('bob'))
      await names()
      order.push('ada')
      return { second }
    })
    await (await first).second
    expect(order).toEqual(['ada', 'bob'])
    expect(await names()).toEqual(['ada', 'bob'])
  })

  test('never undoes with a transaction what somebody else wrote meanwhile', async () => {
    let other: Promise<unknown> | undefined
    const failed = transact(database, async (transaction) => {
      await enrol('ada', transaction)
      other = enrol('bob')
      await names()
      throw new Error('changed their mind')
    })
    await expect(failed).rejects.toThrow('changed their mind')
    await other
    expect(await names()).toEqual(['bob'])
  })

  test('that is full refuses what does not fit, keeps what there is, and goes on when there is space', async () => {
    await enrol('ada')
    const limit = (pages: number) =>
      transact(database, (transaction) => sql.raw(`pragma max_page_count = ${pages}`).execute(transaction))
    await limit(1)
    const large = { org_id: 1, name: 'bob', full_name: 'x'.repeat(1_000_000), created_at: 1 }
    const enrolLarge = () => database.insertInto('users').values(large).execute()
    await expect(enrolLarge()).rejects.toMatchObject({ code: 'storage_full' })
    const grouped = transact(database, (transaction) =>
      transaction.insertInto('users').values(large).execute(),
    )
    await expect(grouped).rejects.toMatchObject({ code: 'storage_full' })
    expect(await names()).toEqual(['ada'])
    await limit(1_000_000)
    await enrolLarge()
    expect(await names()).toEqual(['ada', 'bob'])
  })

  test('that is held by another process lets everybody wait who writes, without a transaction, too', async () => {
    const other = new Sqlite(join(directory, 'x.db'))
    other.exec('begin immediate')
    const written = Promise.all([enrol('ada'), transact(database, (to) => enrol('bob', to))])
    // Longer than SQLite itself would wait.
    await sleep(300)
    expect(await names()).toEqual([])
    other.exec('rollback')
    other.close()
    await written
    expect(await names()).toEqual(['ada', 'bob'])
  })

  test('that takes no writes is unavailable for them, and is read all the same', async () => {
    await enrol('ada')
    await transact(database, (transaction) => sql`pragma query_only = 1`.execute(transaction))
    await expect(enrol('bob')).rejects.toMatchObject({ code: 'unavailable' })
    await expect(transact(database, (to) => enrol('bob', to))).rejects.toMatchObject({ code: 'unavailable' })
    expect(await names()).toEqual(['ada'])
  })

  test('tells of a wrong statement and goes on', async () => {
    await expect(sql`insert into nowhere values (1)`.execute(database)).rejects.toThrow('no such table')
    await expect(enrol('ada').then(() => enrol('ada'))).rejects.toThrow(UniqueViolation)
    expect(await names()).toEqual(['ada'])
  })
})

describe('those who wait for the fsync of one folder', () => {
  const fsyncs = async (metrics: ReturnType<typeof createMetrics>) => {
    const { values } = await metrics.fsyncSeconds.get()
    return values.find(({ metricName }) => metricName?.endsWith('_count'))?.value ?? 0
  }

  test('share the one that begins after them', async () => {
    const metrics = createMetrics()
    const directories = new DurableDirectories({ root: directory, metrics })
    await Promise.all(Array.from({ length: 10 }, () => directories.sync(directory)))
    expect(await fsyncs(metrics)).toBe(2)
    await directories.sync(directory)
    expect(await fsyncs(metrics)).toBe(3)
  })
})
