import { type Database, transact } from '../../db/database.ts'
import { fileKey } from '../../exchange/keys.ts'
import { isReadableName } from '../../exchange/names.ts'
import type { Stored } from '../../storage/file-store.ts'
import { chunksOf } from '../chunks.ts'
import { Contradiction, type FileRow, insertFile } from './insert-file.ts'
import { mark, marksOf, uuidOf } from './marks.ts'
import { type Numbers, numbersIn } from './numbers.ts'
import type { SourceFile } from './records.ts'
import { complaintAboutBytes } from './source-files.ts'
import { takeBytes } from './take-bytes.ts'
import { noteTime, skip, type Target } from './target.ts'

const CHUNK = 64
const AT_ONCE = 4
const LONGEST_NOTEBOOK = 128

/** Takes over releases, submissions and feedback: bytes first, then the rows, so that a cut leaves litter at worst. */
export async function takeFiles(files: readonly SourceFile[], target: Target): Promise<void> {
  const numbers = await numbersIn(target.database)
  for (const kind of ['released', 'submitted', 'feedback'] as const) {
    const ofKind = files.filter((file) => file.kind === kind)
    target.progress.begin(kind, ofKind.length)
    for (const chunk of chunksOf(ofKind, CHUNK)) {
      await takeChunk(chunk, numbers, target)
      target.progress.step(chunk.length)
    }
  }
}

export function fileIdOf(file: Pick<SourceFile, 'origin' | 'orgId'>): string {
  return uuidOf('file', String(file.orgId), file.origin)
}

interface Fresh {
  file: SourceFile
  row: FileRow
}

async function takeChunk(chunk: readonly SourceFile[], numbers: Numbers, target: Target): Promise<void> {
  const { database, tally } = target
  const marks = await marksOf(database, chunk.map(fileIdOf))
  const fresh: Fresh[] = []
  for (const file of chunk) {
    if (marks.has(fileIdOf(file))) tally.already[file.kind] += 1
    else {
      const row = await rowOf(file, numbers)
      if (typeof row === 'string') skip(tally, file.origin, row)
      else fresh.push({ file, row })
    }
  }
  for (const some of chunksOf(fresh, AT_ONCE)) {
    const stored = await Promise.all(some.map(({ file, row }) => takeBytes(target, file, row.id)))
    for (const [at, one] of some.entries()) await record(one, stored[at] as Stored, target)
  }
}

/** Where the row points to, or why there can be none. */
async function rowOf(file: SourceFile, numbers: Numbers): Promise<FileRow | string> {
  const { orgId } = file
  const assignmentId = numbers.assignment(orgId, file.course, file.assignment)
  if (assignmentId === undefined) return 'its assignment was not taken over, or was purged here'
  const by = numbers.user(orgId, file.by)
  if (by === undefined) return `user ${file.by} was not taken over`
  const student = file.kind === 'feedback' ? numbers.user(orgId, file.student) : by
  if (student === undefined) return 'its student was not taken over'
  if (file.kind === 'feedback' && !isNotebook(file.notebook))
    return 'its notebook has no name that can be kept'
  const complaint = await complaintAboutBytes(file.bytes)
  return complaint ?? { id: fileIdOf(file), assignmentId, by, student }
}

function isNotebook(name: string): boolean {
  return name !== '' && isReadableName(name) && [...name].length <= LONGEST_NOTEBOOK
}

/** Gives the file its row; where it turns out to be there already, or to contradict what is, the file goes again. */
async function record({ file, row }: Fresh, stored: Stored, target: Target): Promise<void> {
  const { database, files, tally } = target
  const state = await transact(database, async (transaction: Database) => {
    const kept = await insertFile(transaction, { file, row, stored })
    if (!(kept instanceof Contradiction))
      await mark(transaction, { id: row.id, state: kept, at: target.now() })
    return kept
  })
  if (state !== row.id) await files.delete(fileKey({ orgId: file.orgId, kind: file.kind, id: row.id }))
  if (state instanceof Contradiction) skip(tally, file.origin, state.how)
  else {
    tally.taken[file.kind] += 1
    noteTime(tally, file, target.now())
  }
}
