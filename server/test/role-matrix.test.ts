import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newWorld, type World } from './bad-input.ts'
import { thisDatabase } from './databases.ts'
import { registeredRoutes } from './registered-routes.ts'
import {
  bodyOf,
  faces,
  makeAssignment,
  marks,
  openRoutes,
  type Places,
  persons,
  type Row,
  signInOf,
} from './role-matrix.ts'
import { SIGN_INS, type SignIn } from './sign-ins.ts'
import { stored } from './stored.ts'

const BASE = '/services/nbexchange/'
const PREFIX = { api: 'api/v1/', legacy: '' }
/** The marks that somebody has seen, so that a mark nobody can see proves nothing. */
const seen = new Set<string>()
let world: World
let count = 0
/** What is stored; read again only after something was asked or made. */
let now: Awaited<ReturnType<typeof stored>>

/** Who somebody is was found out before any SQL: on another database one way to say it is enough. */
const ways = thisDatabase() === 'sqlite' ? Object.keys(SIGN_INS) : ['proxy-header']

describe.each(ways)('who may do what, with the sign-in %s,', (name) => {
  let signIn: SignIn | undefined
  beforeAll(async () => {
    signIn = await SIGN_INS[name]?.()
    world = await newWorld(signIn?.settings, signIn?.headers)
    await look()
    count = 0
  })
  afterAll(async () => {
    await world.service.close()
    await signIn?.stop()
  })

  for (const face of ['api', 'legacy'] as const) {
    describe(`on the ${face} face`, () => {
      for (const row of faces[face]) {
        test(`${row.method} ${row.address}`, async () => {
          expect(await askAll(face, row)).toEqual(row.expected)
        })
      }
    })
  }

  test('what is open to everybody says nothing of anybody', async () => {
    for (const route of openRoutes) {
      const [, path = ''] = route.split(' ')
      const answer = await fetch(new URL(path, world.service.url))
      expect([route, answer.status, marksIn(await answer.text())]).toEqual([route, 200, []])
    }
  })
})

test('every mark was seen by somebody, so that its absence elsewhere means something', () => {
  expect([...seen].sort()).toEqual([...marks].sort())
})

test('every route of the service stands in the table', async () => {
  const listed = (['api', 'legacy'] as const).flatMap((face) =>
    faces[face].map((row) => `${row.method} ${BASE}${PREFIX[face]}${row.address.split('?', 1)[0]}`),
  )
  const registered = (await registeredRoutes(BASE)).filter((route) => !route.includes(`${BASE}docs/`))
  const known = new Set([...listed, ...openRoutes].map((route) => route.replace(/\/$/, '')))
  expect(registered).toEqual([...known].sort())
})

type Cell = number | 'no'

interface Asked {
  face: keyof typeof PREFIX
  row: Row
  name: string
}

/**
 * The cells that everybody gets. Fails where an answer shows what is not theirs, a refusal has left something behind, or
 * organisation 2 has left something in organisation 1.
 */
async function askAll(face: Asked['face'], row: Row): Promise<Record<string, Cell>> {
  const names = [...persons.keys()]
  const isRefused = (name: string) => row.expected[name] === 'no' || Number(row.expected[name]) >= 400
  const isOfTwo = (name: string) => persons.get(name)?.org === 2
  const answers: Record<string, Cell> = {}
  const askThese = async (some: string[]) => {
    for (const name of some) answers[name] = await ask({ face, row, name })
    return { before: now, after: await look(), who: `${row.method} ${row.address} by ${some.join(', ')}` }
  }

  const refused = await askThese(names.filter(isRefused))
  expect(refused.after, refused.who).toEqual(refused.before)
  const others = names.filter((name) => !isRefused(name))
  if (changes(row)) {
    for (const name of others) {
      const { after, before, who } = await askThese([name])
      expect(after.rows, who).not.toEqual(before.rows)
      if (isOfTwo(name)) expect(organisation1(after), who).toEqual(organisation1(before))
    }
    return answers
  }
  const { after, before, who } = await askThese(others.filter(isOfTwo))
  expect(organisation1(after), who).toEqual(organisation1(before))
  // What is read may be recorded.
  await askThese(others.filter((name) => !isOfTwo(name)))
  return answers
}

async function look() {
  now = await stored(world.service)
  return now
}

const changes = (row: Row) => row.body !== 'none' || row.method !== 'GET'

/** The cell that a person gets; fails where an answer shows what is not theirs. */
async function ask({ face, row, name }: Asked): Promise<Cell> {
  const { service } = world
  const places = await placesFor(row, name)
  const address = row.address.replaceAll(/:(\w+)/g, (_, place) => encodeURIComponent(String(places[place])))
  const answer = await service.request(signInOf(name), PREFIX[face] + address, bodyOf(row, places))
  const body = await answer.text()
  const who = `${name}: ${row.method} ${address} -> ${answer.status} ${body.slice(0, 300)}`
  const sees = [name, ...(persons.get(name)?.sees ?? []), ...(row.alsoSees[name] ?? [])]
  expect(
    marksIn(body).filter((mark) => !sees.includes(mark)),
    who,
  ).toEqual([])
  expect(body, who).not.toContain(service.directory)
  const refused = !answer.ok || /"success":false|"code":"/.test(body)
  if (refused) expectOneLine(face === 'api' ? 'message' : 'note', JSON.parse(body), who)
  return refused && answer.ok ? 'no' : answer.status
}

/** Who may change something gets an assignment for it; all others ask for the one that nobody can change. */
async function placesFor(row: Row, name: string): Promise<Places> {
  const expected = row.expected[name]
  const changes = row.method !== 'GET' && typeof expected === 'number' && expected < 300
  if (!changes) return world.places
  count += 1
  const places = await makeAssignment(world.service, `own-${count}`, 1)
  if (persons.get(name)?.org === 2) await makeAssignment(world.service, `own-${count}`, 2)
  if (row.address.endsWith('/restore')) {
    for (const ina of ['ina', 'ina2']) {
      const path = `courses/bio/assignments/${places.assignment}`
      await world.service.api(signInOf(ina), path, { method: 'DELETE' })
    }
  }
  await look()
  return places
}

/** The marks in a text, and in the files that it carries in base64. */
function marksIn(text: string): string[] {
  const files = [...text.matchAll(/"content":"([^"]*)"/g)].map(([, base64]) =>
    Buffer.from(base64 ?? '', 'base64').toString('latin1'),
  )
  const all = [text, ...files].join(' ')
  const found = marks.filter((mark) => all.includes(`mark-${mark}`))
  for (const mark of found) seen.add(mark)
  return found
}

function organisation1({ rows, files }: Awaited<ReturnType<typeof stored>>) {
  const own = Object.entries(rows).map(([table, all]) => [
    table,
    all.filter((row) => (row as { org_id: number }).org_id === 1),
  ])
  return { rows: own, files: files.filter((file) => file.includes('/storage/1/')) }
}

function expectOneLine(key: string, body: Record<string, unknown>, who: string): void {
  expect(body[key], who).toMatch(/^[^\n]{5,200}$/)
  expect(body.code, who).toMatch(/^[a-z_]+$/)
}
