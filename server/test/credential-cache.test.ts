import { expect, test } from 'vitest'
import { CredentialCache } from '../src/auth/credential-cache.ts'

const READ = { method: 'GET' }

/** A cache on a clock of our own, and who was asked. */
function setUp(cacheSeconds: number) {
  let now = 0
  let asked = 0
  let answer: () => Promise<{ name: string } | null> = async () => ({ name: 'ada' })
  const cache = new CredentialCache({ cacheSeconds, entries: 3 }, () => now)
  return {
    asked: () => asked,
    wait: (seconds: number) => {
      now += seconds * 1000
    },
    answerWith: (next: typeof answer) => {
      answer = next
    },
    ask: (request = READ, credential = 'token') =>
      cache.identify(request, credential, () => {
        asked += 1
        return answer()
      }),
  }
}

test('a reader is known for as long as the cache counts, and no longer', async () => {
  const { ask, asked, wait } = setUp(30)
  await ask()
  wait(29.9)
  await ask()
  expect(asked()).toBe(1)
  wait(0.2)
  await ask()
  expect(asked()).toBe(2)
})

test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
  'who changes something (%s) is asked for again after five seconds at the latest',
  async (method) => {
    const { ask, asked, wait } = setUp(30)
    await ask(READ)
    wait(4.9)
    await ask({ method })
    expect(asked()).toBe(1)
    wait(0.2)
    await ask({ method })
    expect(asked()).toBe(2)
    for (const reading of ['GET', 'HEAD', 'OPTIONS']) await ask({ method: reading })
    expect(asked()).toBe(2)
  },
)

test('who asks at the same time waits for one answer', async () => {
  const { ask, asked } = setUp(30)
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask()))
  expect(asked()).toBe(1)
  expect(new Set(answers).size).toBe(1)
})

test('two credentials never share an answer', async () => {
  const { ask, asked } = setUp(30)
  await Promise.all([ask(READ, 'one'), ask(READ, 'two')])
  expect(asked()).toBe(2)
})

test('a failure is not remembered, and "nobody" only for a moment', async () => {
  const { answerWith, ask, asked, wait } = setUp(30)
  answerWith(() => Promise.reject(new Error('down')))
  await expect(ask()).rejects.toThrow('down')
  answerWith(async () => null)
  expect(await ask()).toBeNull()
  expect(asked()).toBe(2)
  wait(2.1)
  answerWith(async () => ({ name: 'ada' }))
  expect(await ask()).toEqual({ name: 'ada' })
})

test('with no time at all everybody is asked for always', async () => {
  const { ask, asked } = setUp(0)
  await ask()
  await ask()
  expect(asked()).toBe(2)
})

test('no more credentials are kept than there is room for', async () => {
  const { ask, asked } = setUp(30)
  for (const credential of ['a', 'b', 'c', 'd', 'a']) await ask(READ, credential)
  expect(asked()).toBe(5)
  await ask(READ, 'd')
  expect(asked()).toBe(5)
})
