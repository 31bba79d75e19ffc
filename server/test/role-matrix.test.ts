import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newWorld, type World } from './bad-input.ts'
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
/** What is stored; read again only after something was made. */
let now: Awaited<ReturnType<typeof stored>>

describe.each(Object.keys(SIGN_INS))('who may do what, with the sign-in %s,', (name) => {
  let signIn: SignIn | undefined
  beforeAll(async () => {
    signIn = await SIGN_INS[name]?.()
    world = await newWorld(signIn?.settings, signIn?.headers)
    now = await stored(world.service)
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
          const answers: Record<string, number | 'no'> = {}
          for (const name of persons.keys()) answers[name] = await ask({ face, row, name })
          expect(answers).toEqual(row.expected)
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

interface Asked {
  face: keyof typeof PREFIX
  row: Row
  name: string
}

/** The cell that a person gets; fails where an answer shows what is not theirs, or a refusal left something behind. */
async function ask({ face, row, name }: Asked): Promise<number | 'no'> {
  const { service } = world
  const places = await placesFor(row, name)
  const before = now
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
  const after = await stored(service)
  now = after
  if (refused) expect(after, who).toEqual(before)
  else if (row.body !== 'none' || row.method === 'DELETE') expect(after.rows, who).not.toEqual(before.rows)
  if (persons.get(name)?.org === 2) expect(organisation1(after), who).toEqual(organisation1(before))
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
  now = await stored(world.service)
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
