import { type ActionRow, listActions } from '../db/actions.ts'
import { listMembershipsOf } from '../db/members.ts'
import { ACTIONS, type Action } from '../db/schema.ts'
import { findUser } from '../db/users.ts'
import { ExchangeError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import type { Person } from './identity.ts'
import { type Member, teaches } from './members.ts'

export type { ActionRow } from '../db/actions.ts'

/** The action that a word names. Throws `invalid`. */
export function actionNamed(word: string): Action {
  const action = ACTIONS.find((one) => one === word)
  if (action) return action
  throw new ExchangeError('invalid', `${word} is not an action: use one of ${ACTIONS.join(', ')}.`)
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
  const [first] = members
  if (!first) return []
  const studied = members.filter((member) => !member.isInstructor).map((member) => member.courseId)
  return listActions(exchange.database, {
    ...filter,
    orgId: first.orgId,
    courseIds: members.map((member) => member.courseId),
    ownOnly: { courseIds: studied, userId: first.userId },
  })
}

/** Releases of the course and what the member did there, in the order it happened, whatever the role. */
export async function ownHistory(exchange: Exchange, member: Member): Promise<ActionRow[]> {
  const { courseId, orgId, userId } = member
  const ownOnly = { courseIds: [courseId], userId }
  return listActions(exchange.database, { orgId, courseIds: [courseId], ownOnly, order: 'asc' })
}

/**
 * The person in every course that they were ever seen in, with the role last asserted. For the legacy
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
    isInstructor: teaches(exchange, course.role),
  }))
}
