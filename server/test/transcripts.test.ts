import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Comparison } from './replay/compare.ts'
import { send } from './replay/send.ts'
import { type Instead, readKnownBugs, readTranscripts, type Step } from './replay/transcript.ts'
import { startTestService, type TestService } from './start.ts'

const knownBugs = readKnownBugs()

describe.each(readTranscripts())('clients of nbexchange 1.x: $scenario', ({ scenario, users, steps }) => {
  const comparison = new Comparison()
  let service: TestService
  beforeAll(async () => {
    service = await startTestService()
  })
  afterAll(() => service.close())

  for (const step of steps) {
    const { method, path } = step.request
    test(`${step.n}: ${step.as} ${method} ${path === '' ? '/' : path}`, async () => {
      const response = await send(service, users[step.as] ?? null, { step, comparison })
      if (step.known_bug === undefined) await expectRecorded(response, step, comparison)
      else await expectInstead(response, knownBugs.get(`${scenario}#${step.n}`))
    })
  }
})

test('every known bug of nbexchange 1.x has an answer of ours, and nothing else has', () => {
  const recorded = readTranscripts().flatMap(({ scenario, steps }) =>
    steps.filter((step) => step.known_bug !== undefined).map((step) => `${scenario}#${step.n}`),
  )
  expect([...knownBugs.keys()].sort()).toEqual(recorded.sort())
})

/** The recorded status class, and on success the recorded kind of answer; a refusal is JSON that says so. */
async function expectRecorded(response: Response, step: Step, comparison: Comparison): Promise<void> {
  const { status, content_type, text, bytes_sha256, json } = step.response
  const body = Buffer.from(await response.arrayBuffer())
  const shown = `${response.status} ${body.subarray(0, 600).toString()}`
  expect(Math.floor(response.status / 100), shown).toBe(Math.floor(status / 100))
  if (status >= 300) expect(JSON.parse(body.toString()), shown).toMatchObject({ success: false })
  else if (text !== undefined) expect(body.toString()).toMatch(patternOf(text))
  else {
    expect(response.headers.get('content-type')?.split(';')[0]).toBe(content_type)
    if (bytes_sha256 !== undefined) {
      expect(createHash('sha256').update(body).digest('hex')).toBe(bytes_sha256)
    } else {
      const difference = comparison.difference(json ?? null, JSON.parse(body.toString()), step.ordered)
      expect(difference, shown).toBe(null)
    }
  }
}

async function expectInstead(response: Response, instead: Instead | undefined): Promise<void> {
  const { status, ...body } = instead ?? { status: 0 }
  const answer = await response.json()
  expect(response.status, JSON.stringify(answer)).toBe(status)
  expect(answer).toMatchObject(body)
}

function patternOf(text: string): RegExp {
  const literal = text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(literal.replace('<version>', '\\d+\\.\\d+\\.\\d+\\S*'))
}
