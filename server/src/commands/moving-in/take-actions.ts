import type { Insertable } from 'kysely'
import { recordActions } from '../../db/actions.ts'
import { transact } from '../../db/database.ts'
import type { ActionsTable } from '../../db/schema/log.ts'
import { chunksOf } from '../chunks.ts'
import { mark, marksOf, uuidOf } from './marks.ts'
import { type Numbers, numbersIn } from './numbers.ts'
import type { SourceAction } from './records.ts'
import { fileIdOf } from './take-files.ts'
import { skip, type Target } from './target.ts'

const CHUNK = 500

/** Appends what happened to the log, in its order. */
export async function takeActions(actions: readonly SourceAction[], target: Target): Promise<void> {
  const { database, progress, tally } = target
  const numbers = await numbersIn(database)
  progress.begin('actions', actions.length)
  for (const chunk of chunksOf(actions, CHUNK)) {
    const marks = await marksOf(database, [...chunk.map(actionIdOf), ...chunk.flatMap(fileIds)])
    const rows = chunk.flatMap((action) => {
      const id = actionIdOf(action)
      if (marks.has(id)) {
        tally.already.actions += 1
        return []
      }
      const row = rowOf(action, { numbers, marks })
      if (typeof row === 'string') skip(tally, action.origin, row)
      return typeof row === 'string' ? [] : [{ id, row }]
    })
    await transact(database, async (transaction) => {
      await recordActions(
        transaction,
        rows.map(({ row }) => row),
      )
      for (const { id } of rows) await mark(transaction, { id, state: 'action', at: target.now() })
    })
    tally.taken.actions += rows.length
    progress.step(chunk.length)
  }
}

function actionIdOf(action: SourceAction): string {
  return uuidOf('action', String(action.orgId), action.origin)
}

function fileIds({ file, orgId }: SourceAction): string[] {
  return file === null ? [] : [fileIdOf({ origin: file, orgId })]
}

const FILE_COLUMN: Readonly<Record<string, keyof ActionsTable>> = {
  released: 'release_id',
  fetched: 'release_id',
  submitted: 'submission_id',
  collected: 'submission_id',
  feedback_released: 'feedback_id',
  feedback_fetched: 'feedback_id',
}

function rowOf(
  action: SourceAction,
  { marks, numbers }: { numbers: Numbers; marks: ReadonlyMap<string, string> },
): Insertable<ActionsTable> | string {
  const { orgId } = action
  const courseId = numbers.course(orgId, action.course)
  const assignmentId = numbers.assignment(orgId, action.course, action.assignment)
  const userId = numbers.user(orgId, action.user)
  if (courseId === undefined || assignmentId === undefined || userId === undefined) {
    return 'its user, course or assignment was not taken over'
  }
  const [fileId] = fileIds(action)
  const file = fileId === undefined ? null : marks.get(fileId)
  if (file === undefined) return 'the file that it is about was not taken over'
  const column = FILE_COLUMN[action.action]
  return {
    org_id: orgId,
    course_id: courseId,
    assignment_id: assignmentId,
    user_id: userId,
    student_id: action.student === null ? null : (numbers.user(orgId, action.student) ?? null),
    action: action.action,
    at: action.at,
    ...(column && file !== null && { [column]: file }),
  }
}
