import { ensureAssignment, setActive } from '../../db/assignments.ts'
import { upsertCourse } from '../../db/courses.ts'
import { type Database, transact } from '../../db/database.ts'
import { upsertMember } from '../../db/members.ts'
import { upsertUser } from '../../db/users.ts'
import { isReadableName } from '../../exchange/names.ts'
import { chunksOf } from '../chunks.ts'
import { mark, marksOf, stateOf, uuidOf } from './marks.ts'
import { type Numbers, numbersIn } from './numbers.ts'
import type { Holdings } from './records.ts'
import { type Kind, skip, type Target } from './target.ts'

const CHUNK = 200
const LONGEST = 200

/** One thing with a name, in the form in which it is remembered and written. */
interface Named {
  id: string
  state: string
  origin: string
  names: readonly string[]
  write(transaction: Database): Promise<unknown>
}

/** Takes over users, courses, members and assignments; what the source says anew since the last run counts. */
export async function takeNames(holdings: Holdings, target: Target): Promise<void> {
  const at = target.now()
  await take(target, 'users', users(holdings, at))
  await take(target, 'courses', courses(holdings, at))
  const numbers = await numbersIn(target.database)
  await take(target, 'members', members(holdings, numbers, at))
  await take(target, 'assignments', assignments(holdings, numbers, at))
}

async function take(target: Target, kind: Kind, things: readonly Named[]): Promise<void> {
  const { database, progress, tally } = target
  progress.begin(kind, things.length)
  for (const chunk of chunksOf(things, CHUNK)) {
    const marks = await marksOf(
      database,
      chunk.map(({ id }) => id),
    )
    const fresh = chunk.filter(({ id, state }) => marks.get(id) !== state)
    tally.already[kind] += chunk.length - fresh.length
    const sound = fresh.filter((thing) => {
      const wrong = thing.names.find(
        (name) => name === '' || !isReadableName(name) || [...name].length > LONGEST,
      )
      if (wrong !== undefined)
        skip(tally, thing.origin, `${JSON.stringify(wrong.slice(0, 60))} cannot be a name here`)
      return wrong === undefined
    })
    await transact(database, async (transaction) => {
      for (const { id, state, write } of sound) {
        await write(transaction)
        await mark(transaction, { id, state, at: target.now() })
      }
    })
    tally.taken[kind] += sound.length
    progress.step(chunk.length)
  }
}

function users(holdings: Holdings, at: number): Named[] {
  return holdings.users.map((user) => ({
    id: uuidOf('user', String(user.orgId), user.name),
    state: stateOf(user.fullName, user.email, user.lmsUserId),
    origin: `user ${user.name} of organisation ${user.orgId}`,
    names: [user.name],
    write: (transaction) => upsertUser(transaction, { ...user, at }),
  }))
}

function courses(holdings: Holdings, at: number): Named[] {
  return holdings.courses.map((course) => ({
    id: uuidOf('course', String(course.orgId), course.code),
    state: stateOf(course.title),
    origin: `course ${course.code} of organisation ${course.orgId}`,
    names: [course.code],
    write: (transaction) => upsertCourse(transaction, { ...course, at }),
  }))
}

function members(holdings: Holdings, numbers: Numbers, at: number): Named[] {
  return holdings.members.flatMap((member) => {
    const { orgId, role, user } = member
    const userId = numbers.user(orgId, user)
    const courseId = numbers.course(orgId, member.course)
    if (userId === undefined || courseId === undefined) return []
    return {
      id: uuidOf('member', String(orgId), member.course, user, role),
      state: stateOf(role),
      origin: member.origin,
      names: [role],
      write: (transaction) => upsertMember(transaction, { orgId, courseId, userId, role, at }),
    }
  })
}

function assignments(holdings: Holdings, numbers: Numbers, at: number): Named[] {
  return holdings.assignments.flatMap(({ code, course, orgId, released }) => {
    const courseId = numbers.course(orgId, course)
    if (courseId === undefined) return []
    return {
      id: uuidOf('assignment', String(orgId), course, code),
      state: stateOf(released),
      origin: `assignment ${code} of course ${course} of organisation ${orgId}`,
      names: [code],
      async write(transaction) {
        const row = await ensureAssignment(transaction, { orgId, courseId, code, at })
        await setActive(transaction, row.id, released ? 1 : 0)
      },
    }
  })
}
