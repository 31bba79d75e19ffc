import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { apiFace } from './api-face.ts'
import { classThrough, type Step } from './class-flow.ts'
import { loadFigures } from './drive.ts'
import { COURSE, proxyHeader } from './faces.ts'
import { headersFrom } from './sign-in.ts'
import { connections } from './wire.ts'

/**
 * A whole class on a service that runs: release, everybody fetches and submits, the instructor collects and gives
 * feedback, everybody fetches that. Every file is compared by its digest. It leaves behind an assignment of a new name
 * in the course `bench`; it takes as long as the numbers say and no longer.
 */
const HELP = `node bench/soak.ts [options]
  --url URL          the service, with its base path and a slash at the end (http://127.0.0.1:9000/services/nbexchange/)
  --students N       how many (250)
  --clients N        how many of them at the same time (16)
  --size BYTES       of each file that is fetched and submitted (300000)
  --headers JSON     what signs somebody in: {name}, {role} and {course} are filled in; the proxy-header sign-in otherwise
`

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:9000/services/nbexchange/' },
    students: { type: 'string', default: '250' },
    clients: { type: 'string', default: '16' },
    size: { type: 'string', default: '300000' },
    headers: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(HELP)
else await soak(Number(values.students))

async function soak(students: number): Promise<void> {
  const agent = connections()
  const headers = values.headers === undefined ? proxyHeader : headersFrom(values.headers)
  const face = apiFace({ url: values.url, agent, headers })
  const assignment = `soak-${randomUUID().slice(0, 8)}`
  process.stdout.write(
    `${students} students, assignment ${assignment} of course ${COURSE} at ${values.url}\n`,
  )
  const [clients, size] = [Number(values.clients), Number(values.size)]
  for await (const step of classThrough({ face, assignment, students, clients, size })) report(step)
  agent.destroy()
  process.stdout.write(
    process.exitCode ? 'Something went wrong: see above.\n' : 'Everything came back as it was.\n',
  )
}

/** Says how a step went, in a line. */
function report({ driven, what }: Step): void {
  const [failure] = driven.failures
  if (failure !== undefined) process.exitCode = 1
  const wall = `${what.padEnd(15)} ${driven.seconds.toFixed(2).padStart(8)} s`
  if (driven.latencies.length === 0) {
    process.stdout.write(`${wall}   failed: ${failure ?? 'there was nothing to do'}\n`)
    return
  }
  const figures = Object.entries(loadFigures(driven)).map(([name, value]) => `${name} ${value.toFixed(0)}`)
  process.stdout.write(
    `${wall}   ${figures.join('   ')}${failure === undefined ? '' : `   first: ${failure}`}\n`,
  )
}
