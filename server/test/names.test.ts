import { describe, expect, test } from 'vitest'
import { checkCode, checkNotebooks, checkUserName } from '../src/exchange/names.ts'

const refused = expect.objectContaining({ code: 'invalid' })

describe('names', () => {
  test.each([
    'ps1',
    'Übung 1 + 2%',
    "it's; -- $(x) {y}",
    '%2e%2e',
    '🙂',
    '王',
    '...',
    ' a ',
    'a.',
    '𝒳'.repeat(200),
  ])('%s is a code, kept byte for byte', (code) => {
    expect(checkCode('course', code)).toBe(code)
  })

  test.each([
    '',
    '.',
    '..',
    'a/b',
    'a\\b',
    'a\0b',
    'a\nb',
    'a\u0085b',
    'a\u2028b',
    'a\u202eb',
    '\ud800',
    'x'.repeat(201),
  ])('%j is refused as a code', (code) => {
    expect(() => checkCode('assignment', code)).toThrow(refused)
  })

  test('a refusal shows nothing that acts on the line it stands in', () => {
    expect(() => checkCode('assignment', 'a\u202eb\u0085')).toThrow('"a\\u202eb\\u0085"')
  })

  test('a user may have a slash in the name, but no control character', () => {
    expect(checkUserName('a/b')).toBe('a/b')
    expect(() => checkUserName('a\0b')).toThrow(refused)
  })

  test('notebooks are listed once each, by name, and at most a thousand', () => {
    expect(checkNotebooks(['b', 'a', 'b'])).toEqual(['a', 'b'])
    expect(() => checkNotebooks(Array.from({ length: 1001 }, (_, n) => `n${n}`))).toThrow(refused)
    expect(() => checkNotebooks(['a/b'])).toThrow(refused)
  })

  test('composed and decomposed letters are different names', () => {
    expect(checkCode('course', 'é'.normalize('NFC'))).not.toBe(checkCode('course', 'é'.normalize('NFD')))
  })
})
