import { describe, expect, test } from 'vitest'
import { formatInstant, formatTimestamp, parseTimestamp, wallClock } from '../src/exchange/timestamps.ts'

const NOON = Date.UTC(2020, 0, 31, 12) * 1000

describe('timestamps', () => {
  test.each([
    ['2020-01-31 12:00:00.000000 UTC', NOON],
    ['2020-01-31 12:00:00.000001 UTC', NOON + 1],
    ['2020-01-31 12:00:00.5 UTC', NOON + 500_000],
    ['2020-01-31T12:00:00.123456789Z', NOON + 123_456],
    ['2020-01-31 12:00:00', NOON],
    ['2020-01-31 12:00', NOON],
    ['2020-01-31 12:00:00 GMT', NOON],
    ['2020-01-31 14:00:00.000000+02:00', NOON],
    ['2020-01-31 06:30:00 -0530', NOON],
  ])('%s names one instant', (label, at) => {
    expect(parseTimestamp(label)).toBe(at)
  })

  test.each([
    '',
    '10',
    'Jan',
    'inf',
    'yesterday',
    '2020-13-01 00:00:00 UTC',
    '2020-02-30 00:00:00 UTC',
    '2020-01-01 24:00:00 UTC',
    '2020-01-01 23:59:60 UTC',
    '0001-01-01 00:00:00 UTC',
    '1999-12-31 23:59:59 UTC',
    '2100-01-01 00:00:00 UTC',
    '99999-01-01 00:00:00 UTC',
    `2020-01-01 00:00:00 ${'U'.repeat(60)}`,
    '2020-01-01 00:00:00\n',
    '2020-01-01 00:00:00 +99:99',
    '2020-01-01 00:00:00 -05:60',
  ])('%j is refused as no time', (label) => {
    expect(() => parseTimestamp(label)).toThrow(expect.objectContaining({ code: 'invalid' }))
  })

  test('an instant is printed with six digits, as a label and in RFC 3339, and read back exactly', () => {
    for (const at of [NOON, NOON + 1, NOON + 999_999, NOON + 1_000, 4_102_444_799_999_999]) {
      expect(formatTimestamp(at)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC$/)
      expect(parseTimestamp(formatTimestamp(at))).toBe(at)
      expect(formatInstant(at)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
      expect(parseTimestamp(formatInstant(at))).toBe(at)
    }
  })

  test('the clock never shows the same time twice, however often it is asked', () => {
    let millisecond = NOON / 1000
    const now = wallClock(() => millisecond)
    const times = Array.from({ length: 2500 }, now)
    millisecond += 1
    times.push(...Array.from({ length: 2500 }, now))
    millisecond -= 900
    times.push(now())
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(new Set(times).size).toBe(times.length)
    expect(times[0]).toBe(NOON)
    expect(times.at(-1)).toBeLessThan(NOON + 10_000)
  })

  test('a clock that was wrong and is set right is followed', () => {
    let millisecond = NOON / 1000 + 3_600_000
    const now = wallClock(() => millisecond)
    now()
    millisecond = NOON / 1000
    expect(now()).toBe(NOON)
  })

  test('the clock is that of the machine', () => {
    expect(Math.abs(wallClock()() / 1000 - Date.now())).toBeLessThan(60_000)
  })
})
