import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExchangeError } from '../../errors.ts'
import { parseTimestamp } from '../../exchange/timestamps.ts'
import { filesIn, foldersIn, type Tree, treeBelow, writtenAt } from './folders.ts'
import { Gathering } from './gathering.ts'
import type { Holdings } from './records.ts'

interface Reading {
  root: string
  orgId: number
  /** In whose name releases and feedback appear: the folders do not say. */
  by: string
  gathering: Gathering
}

/** What nbgrader's own exchange folder holds: `<course>/outbound`, `inbound` and `feedback`. */
export async function directoryHoldings(from: {
  root: string
  orgId: number
  by: string
}): Promise<Holdings> {
  const reading: Reading = { ...from, gathering: new Gathering(from.orgId) }
  for (const course of await foldersIn(from.root)) {
    const parts = await foldersIn(join(from.root, course))
    if (!parts.includes('outbound') && !parts.includes('inbound')) {
      reading.gathering.skip(course, 'no course: it has neither outbound nor inbound')
      continue
    }
    await readCourse(course, reading)
  }
  return reading.gathering.holdings()
}

async function readCourse(course: string, reading: Reading): Promise<void> {
  const { by, gathering, root } = reading
  gathering.course(course)
  gathering.user(by)
  gathering.member(course, by, 'Instructor')
  for (const code of await foldersIn(join(root, course, 'outbound'))) await readRelease(course, code, reading)
  const used = new Set<string>()
  for (const name of await foldersIn(join(root, course, 'inbound'))) {
    await readSubmission({ course, name, used }, reading)
  }
  for (const name of await filesIn(join(root, course, 'feedback'))) {
    if (!used.has(name)) {
      const place = `${course}/feedback/${name}`
      gathering.skip(place, 'no submission that is there has this feedback')
    }
  }
}

async function readRelease(course: string, code: string, reading: Reading): Promise<void> {
  const { by, gathering, orgId, root } = reading
  const place = `${course}/outbound/${code}`
  const tree = await treeBelow(join(root, place))
  gathering.assignment(course, code, true)
  if (tree.members.length === 0) {
    gathering.skip(place, 'it is empty')
    return
  }
  gathering.file({
    // A release that is written again is another one.
    origin: `${place}\n${tree.newest}`,
    kind: 'released',
    orgId,
    course,
    assignment: code,
    by,
    at: tree.newest,
    bytes: { archive: tree.members },
    notebooks: tree.notebooks,
  })
}

async function readSubmission(
  { course, name, used }: { course: string; name: string; used: Set<string> },
  reading: Reading,
): Promise<void> {
  const { gathering, orgId, root } = reading
  const place = `${course}/inbound/${name}`
  const [student, code, named] = name.split('+')
  if (!student || !code || !named) {
    gathering.skip(place, 'its name is not student+assignment+timestamp')
    return
  }
  const path = join(root, place)
  const label = await textIn(join(path, 'timestamp.txt'))
  if (label !== null && label !== named) {
    gathering.skip(place, `its timestamp.txt says ${JSON.stringify(label.slice(0, 40))}`)
    return
  }
  const at = timeIn(named)
  if (at === null) {
    gathering.skip(place, `${named} is no time`)
    return
  }
  gathering.user(student)
  gathering.member(course, student, 'Student')
  gathering.assignment(course, code, false)
  const tree = await treeBelow(path)
  const work = { orgId, course, assignment: code }
  const { members: archive, notebooks } = tree
  const times = { at, label: named, statedAt: at }
  gathering.file({
    origin: place,
    kind: 'submitted',
    ...work,
    ...times,
    by: student,
    bytes: { archive },
    notebooks,
  })
  await readFeedback({ ...work, student, label: named, statedAt: at, path, tree, used }, reading)
}

interface Work {
  orgId: number
  course: string
  assignment: string
  student: string
  label: string
  statedAt: number
  path: string
  tree: Tree
  /** Names of feedback files that belong to a submission. */
  used: Set<string>
}

/** nbgrader names feedback by a hash of the submission's secret and the notebook, so only the submission finds it. */
async function readFeedback(work: Work, { by, gathering, root }: Reading): Promise<void> {
  const { path, tree, used, ...of } = work
  const secret = await textIn(join(path, 'submission_secret.txt'))
  if (secret === null) return
  const folder = join(root, of.course, 'feedback')
  const there = new Set(await filesIn(folder))
  for (const notebook of tree.notebooks) {
    const name = `${createHash('md5').update(secret).update(notebook).digest('hex')}.html`
    if (!there.has(name)) continue
    used.add(name)
    const file = join(folder, name)
    const at = await writtenAt(file)
    const origin = `${of.course}/feedback/${name}\n${at}`
    gathering.file({
      origin,
      kind: 'feedback',
      ...of,
      by,
      at,
      bytes: { path: file },
      notebook,
      checksum: null,
    })
  }
}

async function textIn(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function timeIn(label: string): number | null {
  try {
    return parseTimestamp(label)
  } catch (error) {
    if (error instanceof ExchangeError) return null
    throw error
  }
}
