import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, expectNothingStored, newWorld, refusalOf, requestOf, type World } from './bad-input.ts'
import { faces, type Row, signInOf } from './role-matrix.ts'

/** Names that no folder could have: unknown where they are read, refused where something is made. */
const NO_FOLDERS = ['..', '.', '../../etc/passwd', '/etc/passwd', 'a\\b', '..\\..\\x']

/** Odd names that may be given: unknown as long as nobody has given them. */
const ODD = [
  'C:',
  'ps1 ',
  'ps1.',
  'PS1',
  'ps1%20',
  'ps1%00',
  "'; drop table users; --",
  '%',
  '*',
  '__proto__',
  'é',
]

/** What is no name at all, as it stands in the address. */
const MALFORMED = {
  NUL: '%00',
  'a line break': 'a%0D%0ASet-Cookie:%20x',
  'a C1 control': '%C2%85',
  'a line separator': 'a%E2%80%A8b',
  'a bidirectional override': '%E2%80%AE',
  'bytes that are not UTF-8': '%FF',
  'a lone surrogate': '%ED%A0%80',
  'an overlong encoding': '%C0%AF',
  'a broken escape': '%zz',
  '500 characters': 'x'.repeat(500),
  '10 000 characters': 'x'.repeat(10_000),
}

const UNKNOWN = {
  api: new Map([
    ['course', '403 forbidden'],
    ['timestamp', '400 invalid'],
    ['version', '400 invalid'],
  ]),
  legacy: new Map([
    ['course', '200 forbidden'],
    ['assignment', '200 not_found'],
    ['timestamp', '400 invalid'],
  ]),
}

/** Where the answer to an unknown name is another one; `made` is where the name
 * would come into being, `empty` an empty list, `each` a refusal of each file. */
const EXCEPTIONS: [RegExp, string][] = [
  [/^POST courses.*releases.* assignment$/, 'made'],
  [/^POST courses.*feedback assignment$/, 'each'],
  [/^PUT courses.*feedback.* notebook$/, 'made'],
  [/^POST assignment.* assignment$/, 'made'],
  [/^GET collections.* assignment$/, 'empty'],
  [/^GET collection\?.* assignment$/, '404 not_found'],
  [/^GET feedback.* (course|assignment)$/, '404 not_found'],
  [/^POST feedback.* assignment$/, '404 not_found'],
]

let world: World
beforeAll(async () => {
  world = await newWorld()
})
afterAll(() => world.service.close())

for (const face of ['api', 'legacy'] as const) {
  describe(`odd names, ${face} face`, () => {
    for (const row of faces[face].filter(({ address }) => address.includes(':'))) {
      test(`${row.method} ${row.address}`, async () => {
        await expectNothingStored(world.service, async () => {
          for (const place of placesIn(row)) await expectRefused(face, row, place)
        })
      })
    }
  })
}

function placesIn(row: Row): string[] {
  return [...row.address.matchAll(/:(\w+)/g)].map(([, place]) => String(place))
}

async function expectRefused(face: 'api' | 'legacy', row: Row, place: string): Promise<void> {
  const expected = expectedFor(face, row, place)
  const answers: Record<string, string> = {}
  for (const name of expected === 'made' ? NO_FOLDERS : [...NO_FOLDERS, ...ODD]) {
    const sent = requestOf(face, row, { ...world.places, [place]: name })
    const answer = await ask(world.service, { ...sent, who: signInOf('ina') })
    const [file] = (answer.json.results ?? []) as { code: string }[]
    if (expected === 'each') expect([name, file?.code]).toEqual([name, 'not_found'])
    else if (expected === 'empty') expect([place, name, answer.json.value]).toEqual([place, name, []])
    else answers[name] = refusalOf(answer)
  }
  const refusal = expected === 'made' ? '400 invalid' : expected
  expect([place, answers]).toEqual([
    place,
    Object.fromEntries(Object.keys(answers).map((name) => [name, refusal])),
  ])
  for (const [what, escaped] of Object.entries(MALFORMED)) {
    const sent = requestOf(face, row, { ...world.places, [place]: 'a-mark' })
    const answer = await ask(world.service, {
      ...sent,
      who: signInOf('ina'),
      path: sent.path.replace('a-mark', escaped),
    })
    const long = place === 'path' && /characters|separator|bidi/.test(what)
    expect([place, what, refusalOf(answer)]).toEqual([place, what, long ? '404 not_found' : '400 invalid'])
  }
}

function expectedFor(face: 'api' | 'legacy', row: Row, place: string): string {
  const key = `${row.method} ${row.address} ${place}`
  const exception = EXCEPTIONS.find(([pattern]) => pattern.test(key))?.[1]
  return exception ?? UNKNOWN[face].get(place) ?? '404 not_found'
}

describe('a name that is only odd', () => {
  const names = [
    'Übung 1 + 2%',
    '%20 and %2F',
    "it's; -- $(x) {y} `z`",
    '"quoted"',
    '🎈 王',
    'e\u0301',
    '\u00e9',
    ' a ',
    'a.',
    '...',
    '__proto__',
    'constructor',
    '𝒳'.repeat(200),
  ]

  test.each(names)('%s comes through from release to feedback byte for byte, on both faces', async (name) => {
    const { service } = world
    const ina = { name: `ina ${name}`.slice(0, 150), course_id: name, course_role: 'Instructor' }
    const sam = { name: `sam ${name}/x`.slice(0, 150), course_id: name, course_role: 'Student' }
    const notebook = name.slice(0, 100).toWellFormed()
    const query = new URLSearchParams({ course_id: name, assignment_id: name }).toString()
    const send = async (who: typeof ina, method: string, path: string, body?: FormData) =>
      ask(service, { who, method, path, ...(body && { body }) })
    const form = (field: string, content: string) => {
      const body = new FormData()
      if (field === 'assignment') body.append('notebooks', notebook)
      body.append(field, new Blob([content]), `${encodeURIComponent(notebook)}.gz`)
      return body
    }
    const course = `api/v1/courses/${encodeURIComponent(name)}/assignments/${encodeURIComponent(name)}`
    expect((await send(ina, 'POST', `assignment?${query}`, form('assignment', 'r'))).json.success).toBe(true)
    expect((await send(sam, 'GET', `assignment?${query}`)).text).toBe('r')
    expect((await send(sam, 'GET', `${course}/releases/latest/content`)).text).toBe('r')
    const submitted = await send(sam, 'POST', `submission?${query}`, form('assignment', 'work'))
    const receipt = submitted.json.receipt as { timestamp: string; student: string; assignment_id: string }
    expect(receipt).toMatchObject({ student: sam.name, assignment_id: name })
    const collections = await send(ina, 'GET', `collections?${query}`)
    const [item] = collections.json.value as { path: string; student_id: string; notebooks: unknown }[]
    expect(item).toMatchObject({ student_id: sam.name, notebooks: [{ notebook_id: notebook }] })
    const path = new URLSearchParams({ path: item?.path ?? '' })
    expect((await send(ina, 'GET', `collection?${query}&${path}`)).text).toBe('work')
    const { timestamp } = receipt
    const about = new URLSearchParams({ notebook, student: sam.name, timestamp, checksum: 'abc' })
    const given = await send(ina, 'POST', `feedback?${query}&${about}`, form('feedback', '<p>'))
    expect(given.json.success).toBe(true)
    const feedback = await send(sam, 'GET', `feedback?${query}`)
    expect(feedback.json.feedback).toMatchObject([{ filename: `${notebook}.html`, timestamp }])
    const parts = [sam.name, timestamp, notebook].map(encodeURIComponent).join('/')
    const page = await send(sam, 'GET', `${course}/feedback/${parts}`)
    expect([page.status, page.text]).toEqual([200, '<p>'])
    const filename = /filename\*=UTF-8''(.*)$/.exec(String(page.headers['content-disposition']))?.[1]
    expect(decodeURIComponent(filename ?? '')).toBe(`${notebook}.html`)
  })
})
