import { type ActionLine, type ActionRow, countActions, listActionLines, listActions } from '../db/actions.ts'
import { listMembershipsOf } from '../db/members.ts'
import { pagesById } from '../db/pages.ts'
import { ACTIONS, type Action, OLD_ACTIONS } from '../db/schema/log.ts'
import { findUser } from '../db/users.ts'
import { ExchangeError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import type { Person } from './identity.ts'
import { type Member, teaches } from './members.ts'

export type { ActionLine, ActionRow } from '../db/actions.ts'

/** The action that a word names. Throws `invalid`. */
export function actionNamed(word: string): Action {
  return oneOf(ACTIONS, word)
}

/** The same among those that clients of nbexchange 1.x and 2.x know. */
export function oldActionNamed(word: string): Action {
  return oneOf(OLD_ACTIONS, word)
}

function oneOf(actions: readonly Action[], word: string): Action {
  const action = actions.find((one) => one === word)
  if (action) return action
  throw new ExchangeError('action_unknown', { action: word, known: actions })
}

export interface HistoryFilter {
  assignmentCode?: string | undefined
  action?: Action | undefined
  student?: string | undefined
  /** Only older than the action with this number. */
  before?: number | undefined
  limit?: number | undefined
  order: 'asc' | 'desc'
}

/** What happened in these courses: everything where the member teaches, elsewhere releases and the own actions. */
export async function history(
  exchange: Exchange,
  members: readonly Member[],
  filter: HistoryFilter,
): Promise<ActionRow[]> {
  const { action, ...rest } = filter
  const actions = action && [action]
  return listActions(exchange.database, { ...rest, actions, ...visibleTo(members) })
}

function visibleTo(members: readonly Member[]) {
  const studied = members.filter((member) => !member.isInstructor).map((member) => member.courseId)
  return {
    orgId: members[0]?.orgId ?? -1,
    courseIds: members.map((member) => member.courseId),
    ownOnly: { courseIds: studied, userId: members[0]?.userId ?? -1 },
  }
}

/** How many actions are in memory at a time. */
const AT_ONCE = 5000

/**
 * The same for old clients, assignment by assignment in the order it happened. The function that it answers reads those
 * of one assignment, some at a time; asked for in the order of `assignmentIds`, small ones are read together.
 */
export async function historyReader(
  exchange: Exchange,
  members: readonly Member[],
  { action, assignmentIds }: { action: Action | undefined; assignmentIds: readonly number[] },
): Promise<(assignmentId: number) => AsyncGenerator<ActionLine[]>> {
  const { database } = exchange
  const actions = action ? [action] : OLD_ACTIONS
  const filter = { ...visibleTo(members), actions, order: 'asc' as const }
  const counts = await countActions(database, filter)
  const groups = groupsOf(assignmentIds, counts)
  let read: { group: readonly number[]; done: Map<number, ActionLine[]> } | undefined
  return async function* (assignmentId) {
    const group = groups.get(assignmentId) ?? []
    if ((counts.get(assignmentId) ?? 0) > AT_ONCE) {
      yield* pagesById({ start: 0, size: AT_ONCE }, (after) =>
        listActionLines(database, { ...filter, assignmentIds: group, after, limit: AT_ONCE }),
      )
      return
    }
    if (read?.group !== group) {
      const rows = await listActionLines(database, { ...filter, assignmentIds: group })
      read = { group, done: Map.groupBy(rows, (row) => row.assignment_id) }
    }
    yield read.done.get(assignmentId) ?? []
  }
}

/** Neighbours together, as long as they are not too many actions at once. */
function groupsOf(ids: readonly number[], counts: ReadonlyMap<number, number>): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  let group: number[] = []
  let actions = 0
  for (const id of ids) {
    const count = counts.get(id) ?? 0
    if (actions + count > AT_ONCE) {
      group = []
      actions = 0
    }
    group.push(id)
    actions += count
    groups.set(id, group)
  }
  return groups
}

/** For old clients: releases of the course and what the member did there, in the order it happened, whatever the role. */
export async function ownHistory(exchange: Exchange, member: Member): Promise<ActionLine[]> {
  const { courseId, orgId, userId } = member
  const ownOnly = { courseIds: [courseId], userId }
  const filter = { orgId, courseIds: [courseId], ownOnly, actions: OLD_ACTIONS }
  return listActionLines(exchange.database, { ...filter, order: 'asc' })
}

/**
 * The person in every open course that they were ever seen in, with the role last asserted. For the legacy
 * `history` alone, which only reads; everywhere else the sign-in decides.
 */
export async function rememberedMembers(exchange: Exchange, person: Person): Promise<Member[]> {
  const user = await findUser(exchange.database, person.orgId, person.name)
  if (!user) return []
  const found = await listMembershipsOf(exchange.database, { orgId: person.orgId, userId: user.id })
  return found.map((course) => ({
    orgId: person.orgId,
    userId: user.id,
    userName: user.name,
    courseId: course.id,
    courseCode: course.code,
    courseTitle: course.title,
    role: course.role,
    isInstructor: teaches(exchange.settings, course.role),
  }))
}
