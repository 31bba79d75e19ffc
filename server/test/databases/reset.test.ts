import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ALL_TABLES, APPEND_ONLY_TABLES } from '../../src/db/all-tables.ts'
import { dropEverything } from '../../src/db/migrate.ts'
import { MIGRATIONS } from '../../src/db/migrations/index.ts'
import { runOn, thisDatabase } from '../databases.ts'
import { fillWhatNothingWrites } from '../every-table.ts'
import { type LivedIn, livedIn, student, teacher } from '../moving-in/lived-in.ts'
import { onDatabase } from '../on-database.ts'
import { archive, startTestService, upload } from '../start.ts'

let house: LivedIn
beforeEach(async () => {
  house = await livedIn()
})
afterEach(() => house.close())

const url = () => house.settings.NBEX_DB_URL ?? ''

describe('a database that is reset', () => {
  test('holds nothing of us, not even what triggers call', async () => {
    await onDatabase(url(), async (database) => {
      await dropEverything(database)
      expect(await database.introspection.getTables()).toEqual([])
    })
    if (thisDatabase() !== 'postgres') return
    const functions = "select proname from pg_proc where pronamespace = 'public'::regnamespace"
    expect(await runOn(url(), functions)).toEqual([])
  })

  test('takes work again, as often as one likes, and its log can be appended to alone', async () => {
    const ran = MIGRATIONS.map(({ name }) => `ran ${name}\n`).join('')
    for (const _ of ['once', 'twice']) {
      const { code, stderr, stdout } = await house.run('migrate', '--reset-db', '--yes')
      expect([code, stderr, stdout]).toEqual([0, '', ran])
    }
    for (const table of Object.keys(ALL_TABLES))
      expect(await runOn(url(), `select * from ${table}`)).toEqual([])
    const service = await startTestService(house.settings)
    try {
      const place = 'courses/bio/assignments/ps1'
      await service.api(teacher, `${place}/releases?notebook=p1`, upload(archive('r')))
      expect((await service.api(student, `${place}/submissions`, upload(archive('s')))).status).toBe(201)
    } finally {
      await service.close()
    }
    // MySQL asks for more rights than ours to make a trigger.
    if (thisDatabase() === 'mysql') return
    await onDatabase(url(), fillWhatNothingWrites)
    for (const change of APPEND_ONLY_TABLES.flatMap((table) => [
      `update ${table} set id = id + 1000`,
      `delete from ${table}`,
    ])) {
      const changed = onDatabase(url(), (database) => sql.raw(change).execute(database))
      await expect(changed).rejects.toThrow('append-only')
    }
  })
})
