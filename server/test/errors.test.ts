import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ExchangeError } from '../src/errors.ts'
import { REASONS } from '../src/reasons.ts'

const SOURCE = resolve(import.meta.dirname, '../src')
const reasons = Object.values(REASONS).flatMap((group) => Object.entries(group))

describe('reasons', () => {
  test('are words, each under one code, with one line for people', () => {
    const words = reasons.map(([reason]) => reason)
    expect(words).toHaveLength(new Set(words).size)
    for (const [reason, message] of reasons) {
      expect(reason).toMatch(/^[a-z0-9]+(_[a-z0-9]+)*$/)
      expect(message, reason).toMatch(/^[^\n]+\.$/)
    }
  })

  test('are thrown somewhere, all of them', () => {
    const files = globSync('**/*.ts', { cwd: SOURCE }).filter((file) => file !== 'reasons.ts')
    const source = files.map((file) => readFileSync(join(SOURCE, file), 'utf8')).join('\n')
    // No rate is limited yet; the code is there for clients to know.
    const thrown = reasons.map(([reason]) => reason).filter((reason) => reason !== 'rate_exceeded')
    expect(thrown.filter((reason) => !source.includes(`'${reason}'`))).toEqual([])
  })
})

describe('an error', () => {
  test('says to people what its params say to machines', () => {
    const error = new ExchangeError('action_unknown', { action: 'eaten', known: ['fetched', 'submitted'] })
    expect(error).toMatchObject({
      code: 'invalid',
      reason: 'action_unknown',
      params: { action: 'eaten', known: ['fetched', 'submitted'] },
      message: 'eaten is not an action: use one of fetched, submitted.',
    })
    expect(new ExchangeError('not_signed_in').params).toEqual({})
  })

  test('stays one line of bounded length, whatever came from outside', () => {
    const error = new ExchangeError('no_assignment', { course: 'a\nb\u202e', assignment: 'x'.repeat(10_000) })
    expect(error.message).toMatch(/^Course a\\u000ab\\u202e has no assignment x{400}\.$/)
    expect(error.params).toEqual({ course: 'a\nb\u202e', assignment: 'x'.repeat(400) })
    const many = new ExchangeError('scope_missing', { user: 'ada', scopes: ['y'.repeat(10_000), '{user}'] })
    expect(many.message).toMatch(/lacks the scope y{400}, \{user\}:/)
  })

  test('passes its cause on', () => {
    const cause = new Error('disk')
    expect(new ExchangeError('storage_full', {}, { cause }).cause).toBe(cause)
    expect('cause' in new ExchangeError('storage_full')).toBe(false)
  })

  test('does not compile with a reason or params that are not in the list', () => {
    const wrong = [
      // @ts-expect-error: no such reason
      () => new ExchangeError('no_such_reason'),
      // @ts-expect-error: a code is no reason
      () => new ExchangeError('not_found'),
      // @ts-expect-error: no params
      () => new ExchangeError('not_member'),
      // @ts-expect-error: another param
      () => new ExchangeError('not_member', { courseCode: 'bio' }),
      // @ts-expect-error: one param too many
      () => new ExchangeError('not_member', { course: 'bio', assignment: 'ps1' }),
      // @ts-expect-error: one param too few
      () => new ExchangeError('no_assignment', { course: 'bio' }),
      // @ts-expect-error: params where there are none
      () => new ExchangeError('not_signed_in', { course: 'bio' }),
      // @ts-expect-error: a param of another type
      () => new ExchangeError('file_too_large', { limit: '1 MB' }),
      // @ts-expect-error: no reason at all
      () => new ExchangeError(),
    ]
    expect(wrong).toHaveLength(9)
  })
})
