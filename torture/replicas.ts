import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../server/test/servers/debian.ts'
import { freshPostgres, startPostgres } from '../server/test/servers/postgres.ts'
import { startS3 } from '../server/test/servers/s3.ts'
import { doublesOf, lostOf } from './audit.ts'
import { startBalancer } from './balancer.ts'
import { release } from './hand-in.ts'
import { nextVersion } from './next-version.ts'
import { PatientStorm } from './patient-storm.ts'
import { needPrograms } from './programs.ts'
import { Random } from './random.ts'
import { removeFolder, scratchFolder } from './scratch.ts'
import { ServiceChild } from './service-child.ts'
import { type Report, runTool, SEED_OPTION, seedFrom } from './tool.ts'

const NODE = join(import.meta.dirname, '../node_modules/.bin/node')

/** Two services on one PostgreSQL and one S3, behind one nginx, each of which may go and come back. */
class Pair {
  readonly url: string
  readonly #env: Readonly<Record<string, string>>
  readonly #ports: readonly number[]
  readonly #directory: string
  readonly #services: (ServiceChild | undefined)[] = []
  #root: string | undefined

  constructor(options: {
    url: string
    env: Record<string, string>
    ports: readonly number[]
    directory: string
  }) {
    this.url = options.url
    this.#env = options.env
    this.#ports = options.ports
    this.#directory = options.directory
  }

  async start(which: number): Promise<void> {
    const env = { ...this.#env, NBEX_PORT: String(this.#ports[which]) }
    const root = this.#root
    this.#services[which] = await ServiceChild.start({
      directory: this.#directory,
      env,
      ...(root !== undefined && { root }),
    })
  }

  async killAndRestart(which: number): Promise<void> {
    await this.#services[which]?.kill()
    await this.start(which)
  }

  /** As an orchestrator does: ask, wait, start the new one. */
  async stopAndRestart(which: number): Promise<void> {
    await this.#services[which]?.stop()
    await this.start(which)
  }

  /** Brings the database to the schema of the checkout at `root` while the old version serves; who starts now is of it. */
  async upgrade(root: string): Promise<void> {
    const env = { ...this.#env, NBEX_USER_PLUGIN: 'proxy-header', PATH: process.env.PATH }
    await promisify(execFile)(NODE, ['server/src/main.ts', 'migrate'], { cwd: root, env })
    this.#root = root
  }

  async stop(): Promise<void> {
    await Promise.all(this.#services.map((service) => service?.stop()))
  }
}

/** What happens, one after the other, while the storm goes on. */
async function events(
  pair: Pair,
  options: { rounds: number; random: Random; report: Report },
): Promise<void> {
  const { rounds, random, report } = options
  const disturb = async (round: number) => {
    const which = random.integer(0, 1)
    await sleep(random.integer(100, 1200))
    const how = random.next() < 0.5 ? 'kill -9' : 'SIGTERM'
    report.say(`round ${round}: ${how} of replica ${which + 1}`)
    if (how === 'kill -9') await pair.killAndRestart(which)
    else await pair.stopAndRestart(which)
  }
  for (let round = 1; round <= rounds; round++) await disturb(round)
  report.say('the database is migrated under the old version')
  await pair.upgrade(nextVersion())
  await sleep(1000)
  for (const which of [0, 1]) await pair.stopAndRestart(which)
  report.say('both replicas are of the next version')
  for (let round = 1; round <= rounds; round++) await disturb(rounds + round)
}

async function replicas(options: { rounds: number; seed: number; report: Report }): Promise<void> {
  const { rounds, report } = options
  const random = new Random(options.seed)
  const directory = scratchFolder()
  const [postgres, s3] = [await startPostgres(), await startS3()]
  const database = await freshPostgres(postgres.url, 'replicas')
  const ports = [await freePort(), await freePort()]
  const balancer = await startBalancer(ports)
  const env = { NBEX_DB_URL: database.url, ...s3.settings('replicas/') }
  const pair = new Pair({ url: balancer.url, env, ports, directory })
  // Together, on an empty database: each migrates, one of them does.
  await Promise.all([pair.start(0), pair.start(1)])
  await release(pair.url)
  const storm = new PatientStorm({ url: pair.url, random, students: 12, maxBytes: 300_000 })
  try {
    await events(pair, { rounds, random, report })
  } finally {
    await storm.stop()
  }
  const { acknowledged, repeated, unmended } = storm
  report.say(`${acknowledged.length} acknowledged, ${repeated} attempts were made again`)
  report.check('no client error outlives the patience of the plugin', unmended)
  report.check('nothing acknowledged is lost', await lostOf(pair.url, acknowledged))
  report.check(
    'nothing is there twice, and no label of a student is used twice',
    await doublesOf(pair.url, storm.names),
  )
  report.check('something was handed in', acknowledged.length > 0 ? [] : ['nothing was'])
  await pair.stop()
  await balancer.stop()
  await s3.stop()
  await postgres.stop()
  removeFolder(directory)
}

await runTool({
  name: 'replicas',
  summary:
    'two replicas behind nginx, killed, restarted and upgraded in a storm, lose and double nothing (P19, P20)',
  options: {
    rounds: { otherwise: '20', help: 'how many kills and restarts before the upgrade, and after it' },
    seed: SEED_OPTION,
  },
  async run(given, report) {
    needPrograms({ nginx: 'nginx-light' })
    await replicas({ rounds: Number(given.rounds), seed: seedFrom(given.seed, report), report })
  },
})
