import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { apiFace } from './api-face.ts'
import { type Body, bodies } from './bodies.ts'
import { drive, loadFigures, type OneRequest } from './drive.ts'
import { COURSE, INSTRUCTOR, proxyHeader, student } from './faces.ts'
import { headersFrom } from './sign-in.ts'
import { askWell, connections } from './wire.ts'

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
  const api = apiFace({ url: values.url, agent, headers })
  const assignment = `soak-${randomUUID().slice(0, 8)}`
  const place = `${values.url}api/v1/courses/${COURSE}/assignments/${assignment}`
  const files = bodies(8, Number(values.size))
  const file = (index: number): Body => files[index % files.length] ?? noFile()
  const handedIn: { id: string; student: string; timestamp: string; sha256: string }[] = []
  const get = async (name: string, path: string) => {
    const who = name === INSTRUCTOR.name ? INSTRUCTOR : { name, role: 'Student' as const }
    return askWell(agent, `${place}/${path}`, { headers: headers(who) })
  }
  const feedbackPath = (index: number) => {
    const { student, timestamp } = handedIn[index] ?? noFile()
    return `feedback/${encodeURIComponent(student)}/${encodeURIComponent(timestamp)}/p1`
  }
  process.stdout.write(
    `${students} students, assignment ${assignment} of course ${COURSE} at ${values.url}\n`,
  )

  await step('release', 1, async () => {
    await api.release(assignment, file(0))
    return file(0).bytes.length
  })
  await step('fetch', students, async (index) => {
    await api.fetch(student(index), assignment, file(0))
    return file(0).bytes.length
  })
  await step('submit', students, async (index) => {
    await api.submit(student(index), assignment, file(index))
    return file(index).bytes.length
  })
  await step('list what came', 1, async () => {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = `course_id=${COURSE}&assignment_id=${assignment}&limit=1000${cursor && `&cursor=${cursor}`}`
      const address = `${values.url}api/v1/submissions?${query}`
      const reply = await askWell(agent, address, { headers: headers(INSTRUCTOR) })
      const page = JSON.parse(reply.text()) as { submissions: typeof handedIn; next: string | null }
      handedIn.push(...page.submissions)
      cursor = page.next && encodeURIComponent(page.next)
    }
    if (handedIn.length !== students) throw new Error(`${handedIn.length} submissions, not ${students}`)
    return 0
  })
  await step('collect', handedIn.length, async (index) => {
    const { id, sha256 } = handedIn[index] ?? noFile()
    const reply = await get(INSTRUCTOR.name, `submissions/${id}/content`)
    if (reply.sha256 !== sha256) throw new Error(`submission ${id} came back with other bytes`)
    return reply.size
  })
  await step('give feedback', handedIn.length, async (index) => {
    const body = [file(index).bytes]
    const signed = { ...headers(INSTRUCTOR), 'content-type': 'text/html' }
    await askWell(agent, `${place}/${feedbackPath(index)}`, { method: 'PUT', headers: signed, body })
    return file(index).bytes.length
  })
  await step('fetch feedback', handedIn.length, async (index) => {
    const reply = await get(handedIn[index]?.student ?? '', feedbackPath(index))
    if (reply.sha256 !== file(index).sha256) throw new Error('the feedback came back with other bytes')
    return reply.size
  })
  agent.destroy()
  process.stdout.write(
    process.exitCode ? 'Something went wrong: see above.\n' : 'Everything came back as it was.\n',
  )
}

/** Does it so often and says how it went, in a line. */
async function step(what: string, requests: number, one: OneRequest): Promise<void> {
  const driven = await drive({ requests, one, as: { clients: Number(values.clients) } })
  const [failure] = driven.failures
  if (failure !== undefined) process.exitCode = 1
  const wall = `${what.padEnd(15)} ${driven.seconds.toFixed(2).padStart(8)} s`
  if (driven.latencies.length === 0) {
    process.stdout.write(`${wall}   failed: ${failure}\n`)
    return
  }
  const figures = Object.entries(loadFigures(driven)).map(([name, value]) => `${name} ${value.toFixed(0)}`)
  process.stdout.write(
    `${wall}   ${figures.join('   ')}${failure === undefined ? '' : `   first: ${failure}`}\n`,
  )
}

function noFile(): never {
  throw new Error('there is nothing with this number')
}
