import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FEATURES } from '../src/features.ts'
import { VERSION } from '../src/version.ts'
import { person, startTestService, type TestService } from './start.ts'

let service: TestService
beforeAll(async () => {
  service = await startTestService()
})
afterAll(() => service.close())

const TOLD = { version: VERSION, features: FEATURES }

describe('version and features', () => {
  test.each(['application/json', 'text/plain;q=0.5, Application/JSON; q=0.9'])(
    'are told at the home to whoever accepts %s, signed in or not',
    async (accept) => {
      const response = await service.request(null, '', { headers: { accept } })
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(response.headers.get('vary')).toBe('Accept')
      expect(await response.json()).toEqual(TOLD)
    },
  )

  test.each(['*/*', '', 'text/html, */*;q=0.8', 'application/*'])(
    'leave the old plain line to whoever accepts "%s"',
    async (accept) => {
      const response = await service.request(null, '', { headers: { accept } })
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(response.headers.get('vary')).toBe('Accept')
      expect(await response.text()).toBe(`NbExchange ${VERSION}`)
    },
  )

  test('are told to everybody who asks who they are', async () => {
    const answer = await service.api(person('sam', 'Student'), 'me')
    expect(await answer.json()).toMatchObject({ name: 'sam', ...TOLD })
  })
})
