import { afterAll, describe, expect, test } from 'vitest'
import { cleanUp } from '../../../torture/clean-up.ts'
import { leftOut, needPrograms } from '../../../torture/programs.ts'
import { traceHandIns, traceImport } from '../../../torture/traced-service.ts'
import { violationsIn, violationsOfLinks } from '../../../torture/write-order.ts'
import { FIXTURE } from '../moving-in/old-service.ts'

afterAll(cleanUp)

const STEPS = {
  bytes: '7 writev(17</d/partial/p1>, [{iov_base="abc", iov_len=3}], 1) = 3',
  'sync of the bytes': '7 fdatasync(17</d/partial/p1>) = 0',
  name: '7 link("/d/partial/p1", "/d/1/submitted/ab/ab12") = 0',
  'sync of the folder': '8 fsync(18</d/1/submitted/ab>) = 0',
  row: '6 pwrite64(9</d/x.db-wal>, "\\r\\0", 4096, 32) = 4096',
  'sync of the row': '6 fdatasync(9</d/x.db-wal>) = 0',
  answer: '6 write(20<socket:[11]>, "HTTP/1.1 201 Created\\r\\n", 22) = 22',
}
const FOLDER = {
  folder: '7 mkdir("/d/1/submitted/ab", 0750) = 0',
  'sync of its parent': '8 fsync(18</d/1/submitted>) = 0',
}
const NAMES = Object.keys(STEPS) as (keyof typeof STEPS)[]
const traceOf = (names: readonly (keyof typeof STEPS)[]) => names.map((name) => STEPS[name]).join('\n')

describe('whoever reads the trace', () => {
  test('finds nothing wrong in the right order', () => {
    expect(violationsIn(traceOf(NAMES))).toEqual({ answers: 1, violations: [] })
    expect(violationsIn(traceOf([...NAMES, ...NAMES]))).toEqual({ answers: 2, violations: [] })
  })

  test.each(NAMES.slice(0, -1))('notices that the %s is missing', (missing) => {
    const trace = traceOf(NAMES.filter((name) => name !== missing))
    expect(violationsIn(trace)).toMatchObject({ answers: 1, violations: [expect.any(String)] })
  })

  test('notices two steps in the wrong order, whichever they are', () => {
    for (let at = 0; at < NAMES.length - 1; at++) {
      const [one, other] = NAMES.slice(at, at + 2)
      const swapped = [...NAMES.slice(0, at), other ?? 'row', one ?? 'row', ...NAMES.slice(at + 2)]
      expect(violationsIn(traceOf(swapped)).violations, `${other} before ${one}`).not.toEqual([])
    }
  })

  test('notices a new folder that was not synced into its parent, or too early or too late', () => {
    const { folder, 'sync of its parent': sync } = FOLDER
    const { row, answer, ...before } = STEPS
    const rows = [row, STEPS['sync of the row'], answer]
    const [bytes, ...others] = Object.values(before).slice(0, -1)
    const traceWith = (...lines: string[]) => violationsIn(lines.join('\n')).violations
    expect(traceWith(String(bytes), folder, sync, ...others, ...rows)).toEqual([])
    for (const lines of [
      [folder, ...others, ...rows],
      [sync, folder, ...others, ...rows],
      [folder, ...others, ...rows.slice(0, 1), sync, ...rows.slice(1)],
      [folder, sync.replace('= 0', '= -1 EIO'), ...others, ...rows],
    ]) {
      expect(traceWith(String(bytes), ...lines)).toEqual([expect.stringMatching(/new folder .*ab was not/)])
    }
  })

  test('notices a link of an import whose file or folder was not synced before its row', () => {
    const link = '7 link("/old/x", "/d/1/submitted/ab/ab12") = 0'
    const bytes = '8 fdatasync(17</d/1/submitted/ab/ab12>) = 0'
    const { folder, 'sync of its parent': parent } = FOLDER
    const steps = [folder, parent, link, bytes, STEPS['sync of the folder'], STEPS.row]
    const found = (lines: readonly string[]) => violationsOfLinks(lines.join('\n'))
    expect(found(steps)).toEqual({ links: 1, violations: [] })
    for (const missing of [parent, bytes, STEPS['sync of the folder'], STEPS.row]) {
      expect(found(steps.filter((step) => step !== missing)).violations, missing).not.toEqual([])
    }
    expect(found([...steps.slice(0, 4), STEPS.row, STEPS['sync of the folder']]).violations).toHaveLength(1)
  })

  test('notices a sync that failed', () => {
    const failed = traceOf(NAMES).replace(
      'fsync(18</d/1/submitted/ab>) = 0',
      'fsync(18</d/1/submitted/ab>) = -1 EIO',
    )
    expect(violationsIn(failed).violations).toHaveLength(1)
  })

  test('notices a sync that has begun but not returned before the next step', () => {
    const late = traceOf(NAMES)
      .replace('7 fdatasync(17</d/partial/p1>) = 0', '9 fdatasync(17</d/partial/p1> <unfinished ...>')
      .replace(STEPS.row, `9 <... fdatasync resumed>) = 0\n${STEPS.row}`)
    expect(violationsIn(late).violations).toHaveLength(1)
  })
})

describe.skipIf(leftOut(() => needPrograms({ strace: 'strace' })))('a service under strace', () => {
  test('answers only after bytes, name and row were made durable, in this order, over both faces', async () => {
    expect(violationsIn(await traceHandIns(50))).toEqual({ answers: 50, violations: [] })
  })

  test('gives a file that it takes over by link its row only after bytes, name and folders are durable', async () => {
    expect(violationsOfLinks(await traceImport(FIXTURE))).toEqual({ links: 39, violations: [] })
  })
})
