import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { databaseOn, runOn, startOwnServer, thisDatabase } from '../databases.ts'
import type { DebianServer } from '../servers/debian.ts'
import { archive, person, startTestService, type TestService, upload } from '../start.ts'

const teacher = person('ina', 'Instructor')
const path = 'courses/bio/assignments/ps1/submissions'
/** Everything is answered within the time to connect and two statements, and some for a slow machine. */
const BOUND_MS = 20_000
const OPTIONS = { poolSize: 3, connectTimeout: 1_500, statementTimeout: 2_000 }

let server: DebianServer
let url: string
let service: TestService

beforeAll(async () => {
  server = await startOwnServer()
  url = (await databaseOn(server, 'outages')).url
  service = await startTestService({ NBEX_DB_URL: url, NBEX_DB_OPTIONS: JSON.stringify(OPTIONS) })
  await service.api(teacher, 'courses/bio/assignments/ps1/releases?notebook=p1', upload(archive('r')))
})
afterAll(async () => {
  await service.close()
  await server.stop()
})
beforeEach(async () => {
  await expect.poll(readiness).toBe(200)
})

test('a server that stops under load: 503 within a bounded time, and nothing acknowledged is lost', async () => {
  const storm = startStorm('stop')
  await server.kill()
  await expectOutage()
  await server.start()
  await expect.poll(readiness).toBe(200)
  await storm.expectAllStored()
})

test('a server that hangs: 503 within a bounded time, and work goes on when it does', async () => {
  const storm = startStorm('hang')
  server.pause()
  try {
    await expectOutage()
  } finally {
    server.resume()
  }
  await expect.poll(readiness).toBe(200)
  await storm.expectAllStored()
})

test('a server that hangs while connections to it are idle: 503 within a bounded time', async () => {
  // Each finds a connection, sends a statement, and gets no answer.
  await Promise.all([1, 2, 3].map(() => statusOf(service.api(teacher, 'assignments'))))
  server.pause()
  try {
    await expectOutage()
  } finally {
    server.resume()
  }
  await expect.poll(() => handIn('hung', 'x')).toBe(201)
}, 180_000)

test('connections that the server closes one by one are replaced without anybody noticing for long', async () => {
  const storm = startStorm('terminate')
  for (let round = 0; round < 5; round++) {
    await closeConnections()
    await sleep(50)
  }
  await expect.poll(readiness).toBe(200)
  await storm.expectAllStored()
})

test('a pool that is exhausted answers 503, and all is well when it is not', async () => {
  const holder = await holdTable()
  const counting = watchConnections()
  try {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, number) => handIn(`pool-${number}`, 'x').catch(() => 0)),
    )
    expect(new Set(answers)).toEqual(new Set([503]))
    // MariaDB shows one that was given up for as long as its statement waits, beside the one in its place.
    const most = await counting.most()
    expect(most).toBeGreaterThanOrEqual(OPTIONS.poolSize)
    expect(most).toBeLessThanOrEqual(2 * OPTIONS.poolSize)
  } finally {
    await holder.release()
  }
  await expect.poll(() => handIn('pool-after', 'x')).toBe(201)
})

describe('a server that only reads', () => {
  test('answers reads, refuses writes with 503, and takes them again later', async () => {
    const reader = await readOnlyService()
    try {
      const known = person('known', 'Student')
      expect((await reader.service.api(known, 'me')).status).toBe(200)
      await reader.setReadOnly(true)
      await expect.poll(() => statusOf(reader.service.api(known, path, upload(archive('y'))))).toBe(503)
      expect(await statusOf(reader.service.api(known, 'assignments'))).toBe(200)
      await reader.setReadOnly(false)
      await expect.poll(() => statusOf(reader.service.api(known, path, upload(archive('y'))))).toBe(201)
    } finally {
      await reader.close()
    }
  })
})

async function statusOf(answer: Promise<Response>): Promise<number> {
  const response = await answer
  await response.arrayBuffer()
  return response.status
}

function readiness(): Promise<number> {
  return statusOf(fetch(new URL('/health/ready', service.url)))
}

function handIn(student: string, content: string): Promise<number> {
  return statusOf(service.api(person(student, 'Student'), path, upload(archive(content))))
}

/** While the database is away: honest answers in time, on every route that needs it, and it shows. */
async function expectOutage(): Promise<void> {
  const before = await errorsCounted()
  const signal = AbortSignal.timeout(BOUND_MS)
  const answers = await Promise.all([
    service.api(teacher, 'assignments', { signal }),
    service.api(person('zoe', 'Student'), path, { ...upload(archive('outage')), signal }),
    service.request(person('zoe', 'Student'), 'assignments?course_id=bio', { signal }),
  ])
  for (const answer of answers) {
    expect(answer.status).toBe(503)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect(await readiness()).toBe(503)
  expect(await errorsCounted()).toBeGreaterThan(before)
}

async function errorsCounted(): Promise<number> {
  const text = await (await fetch(new URL('/metrics', service.url))).text()
  return Number(/^nbexchange_database_errors_total (\d+)$/m.exec(text)?.[1])
}

/** Students who hand in without end, each their own bytes; what was acknowledged is compared afterwards. */
function startStorm(name: string) {
  const acknowledged: { student: string; id: string; content: string }[] = []
  let stopped = false
  const workers = Array.from({ length: 6 }, async (_, worker) => {
    for (let number = 0; !stopped; number++) {
      const student = `${name}-${worker}`
      const content = `${student}-${number}`
      const body = upload(archive(content), { 'idempotency-key': content })
      const answer = await service.api(person(student, 'Student'), path, body)
      const receipt = (await answer.json()) as { id: string }
      expect([200, 201, 503]).toContain(answer.status)
      if (answer.status !== 503) acknowledged.push({ student, id: receipt.id, content })
      else await sleep(100)
    }
  })
  return {
    async expectAllStored() {
      await sleep(300)
      stopped = true
      await Promise.all(workers)
      expect(acknowledged.length).toBeGreaterThan(0)
      for (const { student, id, content } of acknowledged) {
        const answer = await service.api(person(student, 'Student'), `${path}/${id}/content`)
        expect(Buffer.from(await answer.arrayBuffer()), content).toEqual(archive(content))
      }
      const rows = await runOn(
        url,
        `select idempotency_key as k from submissions where idempotency_key like '${name}-%'`,
      )
      expect(new Set(rows.map(({ k }) => String(k))).size).toBe(rows.length)
    },
  }
}

async function closeConnections(): Promise<void> {
  if (thisDatabase() === 'postgres') {
    await runOn(
      url,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'nbexchange'",
    )
    return
  }
  const rows = await runOn(url, 'select id from information_schema.processlist where id <> connection_id()')
  // Those of the server itself cannot be killed, nor those that have just gone.
  for (const { id } of rows) await runOn(url, `kill ${id}`).catch(() => {})
}

/** Counts the connections of the service, until it is asked for the highest number. */
function watchConnections() {
  const count =
    thisDatabase() === 'postgres'
      ? "select count(*) as n from pg_stat_activity where application_name = 'nbexchange'"
      : "select count(*) as n from information_schema.processlist where db = 'outages' and (info is null or info not like '%sleep(30)%')"
  // Where one of our own connections has not quite gone when the next one looks, it is not taken for the service's.
  const elsewhere = thisDatabase() === 'postgres' ? url : url.replace(/\/outages$/, '/mysql')
  let most = 0
  let isOver = false
  const ended = (async () => {
    while (!isOver) {
      const [row] = await runOn(elsewhere, count)
      most = Math.max(most, Number(row?.n))
      await sleep(50)
    }
  })()
  return {
    async most() {
      isOver = true
      await ended
      return most
    },
  }
}

/** Locks the table of submissions until `release`. */
async function holdTable(): Promise<{ release(): Promise<unknown> }> {
  const postgres = thisDatabase() === 'postgres'
  const statement = postgres
    ? 'begin; lock table submissions in access exclusive mode; select pg_sleep(30)'
    : 'lock tables submissions write; select sleep(30)'
  const held = runOn(`${url}${postgres ? '' : '?multipleStatements=true'}`, statement).catch(() => [])
  await sleep(500)
  return {
    async release() {
      const sleepers = postgres
        ? "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(30)' and pid <> pg_backend_pid()"
        : "select id from information_schema.processlist where info like '%sleep(30)' and id <> connection_id()"
      const rows = await runOn(url, sleepers)
      if (!postgres) for (const { id } of rows) await runOn(url, `kill ${id}`)
      await held
    },
  }
}

/** A service whose user of the database obeys when the server is made to only read. */
async function readOnlyService() {
  const postgres = thisDatabase() === 'postgres'
  const setup = postgres
    ? [
        "create user app password 'app'",
        'grant all on database outages to app',
        'grant all on all tables in schema public to app',
        'grant usage on all sequences in schema public to app',
      ]
    : ["create user app@'127.0.0.1' identified by 'app'", "grant all on outages.* to app@'127.0.0.1'"]
  for (const statement of setup) await runOn(url, statement)
  const { host, pathname, protocol } = new URL(url)
  const own = await startTestService({
    NBEX_DB_URL: `${protocol}//app:app@${host}${pathname}`,
    NBEX_DB_OPTIONS: JSON.stringify(OPTIONS),
  })
  return {
    service: own,
    setReadOnly: async (on: boolean) => {
      const statements = postgres
        ? [
            `alter role app set default_transaction_read_only = ${on}`,
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'",
          ]
        : [`set global read_only = ${on ? 1 : 0}`]
      for (const statement of statements) await runOn(url, statement)
    },
    close: () => own.close(),
  }
}
