import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, sql, type Transaction } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { transact } from '../../src/db/database.ts'
import { TransactionAborted, UniqueViolation } from '../../src/db/errors.ts'
import { migrate } from '../../src/db/migrate.ts'
import type { Schema } from '../../src/db/schema.ts'
import { freshDatabase, thisDatabase } from '../databases.ts'
import { onDatabase } from '../on-database.ts'

/** What a server says when it cannot do a thing, in the words that hold for every database. */

const folder = mkdtempSync(join(tmpdir(), 'nbexchange-errors-'))
let fresh: { url: string; drop(): Promise<unknown> }

beforeAll(async () => {
  fresh = await freshDatabase(folder)
  await onDatabase(fresh.url, migrate)
})
afterAll(async () => {
  await fresh.drop()
  rmSync(folder, { recursive: true })
})

const on = <T>(work: (database: Kysely<Schema>) => Promise<T>) => onDatabase(fresh.url, work)

const unavailable = { code: 'unavailable' }
const full = { code: 'storage_full' }
const again = { name: 'TransactionAborted' }
const double = { name: 'UniqueViolation' }

/** By the number that the manual of the server gives it. */
const TOLD: readonly (readonly [code: string, what: string, said: object])[] =
  thisDatabase() === 'postgres'
    ? [
        ['23505', 'a key that is there', double],
        ['40001', 'a transaction that cannot be in a row with others', again],
        ['40P01', 'a deadlock', again],
        ['53100', 'a full disk', full],
        ['53200', 'no memory', unavailable],
        ['53300', 'too many connections', unavailable],
        ['57014', 'a statement that took too long', unavailable],
        ['57P01', 'a shutdown', unavailable],
        ['57P03', 'a server that only starts', unavailable],
        ['25006', 'a server that only reads', unavailable],
        ['08006', 'a connection that failed', unavailable],
      ]
    : [
        ['1062', 'a key that is there', double],
        ['1213', 'a deadlock', again],
        ['1205', 'a lock that did not come', again],
        ['1020', 'a row that changed meanwhile', again],
        ['1021', 'a full disk', full],
        ['1114', 'a full table', full],
        ['1040', 'too many connections', unavailable],
        ['1203', 'too many connections of this user', unavailable],
        ['1053', 'a shutdown', unavailable],
        ['1290', 'a server that only reads', unavailable],
        ['1317', 'a statement that was ended', unavailable],
        ['1969', 'a statement that took too long', unavailable],
        ['1927', 'a connection that was ended', unavailable],
        ['1184', 'a connection that was ended as it began', unavailable],
      ]

test.each(TOLD)('the server’s %s, %s, is understood', async (code, _, said) => {
  const raised =
    thisDatabase() === 'postgres'
      ? `do $$ begin raise exception using errcode = '${code}'; end $$`
      : `signal sqlstate '45000' set mysql_errno = ${code}, message_text = 'as the manual has it'`
  await expect(on((database) => sql.raw(raised).execute(database))).rejects.toMatchObject(said)
})

test('any other error stays what it is', async () => {
  const error = await on((database) => sql`select nothing from nowhere`.execute(database)).catch((one) => one)
  expect(error.code).toBe(thisDatabase() === 'postgres' ? '42P01' : 'ER_NO_SUCH_TABLE')
})

describe('transactions that get into each other’s way', () => {
  const enrol = (transaction: Transaction<Schema>, name: string) =>
    transaction.insertInto('users').values({ org_id: 1, name, created_at: 1 }).execute()
  const rename = (transaction: Transaction<Schema>, name: string) =>
    transaction.updateTable('users').set({ full_name: name }).where('name', '=', name).execute()

  test('by a key that both make: the second one runs again and sees what the first has made', async () => {
    await on(async (database) => {
      const enrolled = Promise.withResolvers<void>()
      const seen: number[] = []
      const first = transact(database, async (transaction) => {
        await enrol(transaction, 'ada')
        enrolled.resolve()
        await new Promise((resolve) => setTimeout(resolve, 100))
      })
      await enrolled.promise
      const second = transact(database, async (transaction) => {
        const there = await transaction.selectFrom('users').select('id').where('name', '=', 'ada').execute()
        seen.push(there.length)
        if (there.length === 0) await enrol(transaction, 'ada')
      })
      await Promise.all([first, second])
      expect(seen).toEqual([0, 1])
      await expect(enrol(database as unknown as Transaction<Schema>, 'ada')).rejects.toThrow(UniqueViolation)
    })
  })

  test('not at all: each statement sees what was committed before it', async () => {
    await on(async (database) => {
      const counted = (of: Kysely<Schema>) =>
        of.selectFrom('users').select('id').where('name', 'in', ['dan', 'eve']).execute()
      const seen = await transact(database, async (transaction) => {
        const before = await counted(transaction)
        await enrol(transaction, 'dan')
        await transact(database, (other) => enrol(other, 'eve'))
        return [before.length, (await counted(transaction)).length]
      })
      expect(seen).toEqual([0, 2])
    })
  })

  test('by waiting for each other: both are done in the end', async () => {
    await on(async (database) => {
      for (const name of ['bob', 'cyd']) await transact(database, (transaction) => enrol(transaction, name))
      let runs = 0
      const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const cross = (index: 0 | 1, names: readonly string[]) =>
        transact(database, async (transaction) => {
          runs += 1
          await rename(transaction, names[0] ?? '')
          both[index]?.resolve()
          await both[1 - index]?.promise
          await rename(transaction, names[1] ?? '')
        })
      await Promise.all([cross(0, ['bob', 'cyd']), cross(1, ['cyd', 'bob'])])
      expect(runs).toBeGreaterThan(2)
    })
  })

  test('for ever: whoever never gets through is told so', async () => {
    await on(async (database) => {
      let runs = 0
      const hopeless = transact(database, async () => {
        runs += 1
        throw new TransactionAborted('once more')
      })
      await expect(hopeless).rejects.toThrow(TransactionAborted)
      expect(runs).toBe(20)
    })
  })
})

test('a connection whose statement got no answer in time is not used again, and nothing of its transaction stays', async () => {
  const pause = thisDatabase() === 'postgres' ? sql`select pg_sleep(5)` : sql`select sleep(5)`
  const names = (of: Kysely<Schema>) =>
    of.selectFrom('users').select('name').where('name', 'in', ['fay', 'gus']).execute()
  const found = await onDatabase(
    fresh.url,
    async (database) => {
      const enrol = (to: Kysely<Schema>, name: string) =>
        to.insertInto('users').values({ org_id: 1, name, created_at: 1 }).execute()
      const lost = transact(database, async (transaction) => {
        await enrol(transaction, 'fay')
        await pause.execute(transaction)
      })
      await expect(lost).rejects.toMatchObject(unavailable)
      await transact(database, (transaction) => enrol(transaction, 'gus'))
      return names(database)
    },
    { dbOptions: { poolSize: 1, statementTimeout: 500 } },
  )
  expect(found).toEqual([{ name: 'gus' }])
})

test('what does not fit is refused and never cut, and text is kept to the last sign', async () => {
  await on(async (database) => {
    const long = 'ü'.repeat(401)
    const kept = await database
      .insertInto('users')
      .values({ org_id: 1, name: long, created_at: 1 })
      .execute()
      .then(
        () => true,
        () => false,
      )
    const found = await database.selectFrom('users').select('name').where('name', 'like', 'ü%').execute()
    expect(found).toEqual(kept ? [{ name: long }] : [])
    const text = '😀é'.repeat(50_000)
    await database
      .insertInto('users')
      .values({ org_id: 1, name: 'text', full_name: text, created_at: 1 })
      .execute()
    const row = await database.selectFrom('users').select('full_name').where('name', '=', 'text').execute()
    expect(row[0]?.full_name === text).toBe(true)
  })
})
