import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { freshMariadb, startMariadb } from '../server/test/servers/mariadb.ts'
import { freshPostgres, startPostgres } from '../server/test/servers/postgres.ts'
import { auditStore, lostOf } from './audit.ts'
import { faultfsLibrary } from './faultfs.ts'
import { release } from './hand-in.ts'
import { Random } from './random.ts'
import { removeFolder, scratchFolder } from './scratch.ts'
import { placesIn, ServiceChild } from './service-child.ts'
import { type Acknowledged, Storm } from './storm.ts'
import { runTool, SEED_OPTION, seedFrom } from './tool.ts'

/** A new store after so many rounds, so that looking at all of it stays cheap. */
const ROUNDS_PER_STORE = 20

export interface KillRound {
  round: number
  killedAfterMs: number
  acknowledged: number
  /** What the kill left in the folder of partial files. */
  partials: number
  /** Whole files without a row, so far in this store: the kill came between the file's name and the commit. */
  orphans: number
  restartMs: number
  problems: string[]
}

export interface KillOptions {
  rounds: number
  seed: number
  /** A new empty database for the store in that folder; SQLite in the folder otherwise. */
  freshDatabase?: (directory: string) => Promise<{ url: string; drop(): Promise<unknown> }>
}

/**
 * A storm of uploads, kill -9 at a random moment, and a restart on the same data; round after round. In every second round fsync is
 * slow, so that the kill meets files that are between their last byte and their answer.
 */
export async function* killRounds(options: KillOptions): AsyncGenerator<KillRound> {
  const random = new Random(options.seed)
  const slowSync = { LD_PRELOAD: faultfsLibrary(), FF_SYNC_MS: '20' }
  for (let first = 1; first <= options.rounds; first += ROUNDS_PER_STORE) {
    const directory = scratchFolder()
    const database = await options.freshDatabase?.(directory)
    const fast: Record<string, string> = database ? { NBEX_DB_URL: database.url } : {}
    const slow = { ...fast, ...slowSync, FF_PATH: directory }
    const known = {
      sent: new Set<string>(),
      checked: new Set<string>(),
      ...(database && { databaseUrl: database.url }),
    }
    const everything: Acknowledged[] = []
    let service = await ServiceChild.start({ directory, env: fast })
    await release(service.url)
    const last = Math.min(first + ROUNDS_PER_STORE - 1, options.rounds)
    for (let round = first; round <= last; round++) {
      const storm = new Storm({ url: service.url, random, students: 16, maxBytes: 300_000, files: 1000 })
      const killedAfterMs = random.integer(10, 700)
      // Every third waits for an answer first, so that a slow machine has acknowledged something, too.
      if (round % 3 === 0) await storm.begun()
      await sleep(killedAfterMs)
      await service.kill()
      await storm.stop()
      for (const digest of storm.sent) known.sent.add(digest)
      everything.push(...storm.acknowledged)
      const partials = countFiles(placesIn(directory).partials)
      const start = performance.now()
      service = await ServiceChild.start({ directory, env: round % 2 === 1 ? slow : fast })
      const restartMs = Math.round(performance.now() - start)
      const audit = await auditStore(directory, known)
      const problems = [
        ...audit.problems,
        ...storm.refusals,
        ...(await lostOf(service.url, round === last ? everything : storm.acknowledged)),
        ...(audit.partials > 0 ? [`${audit.partials} partial files were not reaped`] : []),
      ]
      const { orphans } = audit
      const acknowledged = storm.acknowledged.length
      yield { round, killedAfterMs, acknowledged, partials, orphans, restartMs, problems }
    }
    await service.kill()
    await database?.drop()
    removeFolder(directory)
  }
}

function countFiles(folder: string): number {
  try {
    return readdirSync(folder).length
  } catch {
    return 0
  }
}

/** New databases on a server of that kind, which `stop` ends; undefined for SQLite. */
async function databasesOf(kind: string) {
  if (kind === 'sqlite') return undefined
  const isPostgres = kind === 'postgres'
  const server = await (isPostgres ? startPostgres() : startMariadb())
  let made = 0
  return {
    freshDatabase: () => {
      made += 1
      return isPostgres ? freshPostgres(server.url, `kill${made}`) : freshMariadb(server.url, `kill${made}`)
    },
    stop: () => server.stop(),
  }
}

if (import.meta.main) {
  await runTool({
    name: 'kill',
    summary: 'kill -9 in a storm of uploads loses nothing acknowledged and leaves nothing half-written (P3)',
    options: {
      rounds: { otherwise: '500', help: 'how many kills' },
      database: { otherwise: 'sqlite', help: 'sqlite, postgres or mariadb' },
      seed: SEED_OPTION,
    },
    async run(given, report) {
      const databases = await databasesOf(given.database)
      const sum = { acknowledged: 0, partials: 0, orphans: 0, restartMs: 0 }
      const seed = seedFrom(given.seed, report)
      for await (const { round, problems, ...figures } of killRounds({
        rounds: Number(given.rounds),
        seed,
        ...databases,
      })) {
        const { acknowledged, killedAfterMs, orphans, partials, restartMs } = figures
        report.check(
          `round ${round}: killed after ${killedAfterMs} ms, ${acknowledged} acknowledged, ${partials} partial files left`,
          problems,
        )
        sum.acknowledged += acknowledged
        sum.partials += partials
        sum.orphans = Math.max(sum.orphans, orphans)
        sum.restartMs = Math.max(sum.restartMs, restartMs)
      }
      await databases?.stop()
      report.say(
        `${sum.acknowledged} acknowledged; ${sum.partials} partial files met; up to ${sum.orphans} whole files ` +
          `without a row in one store; slowest restart ${sum.restartMs} ms`,
      )
    },
  })
}
