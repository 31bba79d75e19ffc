import type { Database } from '../../db/database.ts'
import { findUser, type UserRow } from '../../db/users.ts'
import type { RoleSettings } from '../../exchange/exchange.ts'
import { teaches } from '../../exchange/members.ts'
import { type Finding, ill, well } from './findings.ts'

export interface Question {
  orgId: number
  name: string
  course: string | undefined
  assignment: string | undefined
}

/** What the database knows of somebody, and why something is not to be seen by them. What the sign-in says now, it does not know. */
export async function whatTheySee(
  database: Database,
  question: Question,
  settings: RoleSettings,
): Promise<Finding[]> {
  const { name, orgId } = question
  const user = await findUser(database, orgId, name)
  if (!user) {
    const elsewhere = await database.selectFrom('users').select('org_id').where('name', '=', name).execute()
    const hint =
      elsewhere.length > 0
        ? `There is one in organisation ${elsewhere.map((row) => row.org_id).join(', ')}. `
        : ''
    const advice = `${hint}Names count to the letter, capitals too; a user is known from their first request on.`
    return [ill('user', `nobody called ${name} was ever seen in organisation ${orgId}`, advice)]
  }
  const known = well('user', `${name} of organisation ${orgId}, first seen ${day(user.created_at)}`)
  return [
    known,
    ...(await courses(database, user, { question, settings })),
    ...(await assignment(database, user, question)),
  ]
}

async function courses(
  database: Database,
  user: UserRow,
  { question, settings }: { question: Question; settings: RoleSettings },
): Promise<Finding[]> {
  const rows = await database
    .selectFrom('members')
    .innerJoin('courses', 'courses.id', 'members.course_id')
    .select(['courses.code', 'members.role', 'members.asserted_at'])
    .where('members.org_id', '=', user.org_id)
    .where('members.user_id', '=', user.id)
    .where('courses.closed_at', '=', 0)
    .orderBy('courses.code')
    .execute()
  const wanted = rows.filter(({ code }) => question.course === undefined || code === question.course)
  const found = wanted.map(({ asserted_at, code, role }) =>
    well(
      'course',
      `${code} as ${role}${teaches(settings, role) ? ', which teaches' : ''}; the sign-in last said so ${day(asserted_at)}`,
    ),
  )
  if (found.length > 0) return found
  const missing = question.course === undefined ? 'in no course' : `never seen in course ${question.course}`
  return [
    ill(
      'course',
      missing,
      'The sign-in must name the course for this user: look at groups, claims or fields there.',
    ),
  ]
}

async function assignment(database: Database, user: UserRow, question: Question): Promise<Finding[]> {
  const { assignment: code, course } = question
  if (course === undefined || code === undefined) return []
  const row = await database
    .selectFrom('assignments')
    .innerJoin('courses', 'courses.id', 'assignments.course_id')
    .select(['assignments.id', 'assignments.active'])
    .where('assignments.org_id', '=', user.org_id)
    .where('courses.code', '=', course)
    .where('courses.closed_at', '=', 0)
    .where('assignments.code', '=', code)
    .where('assignments.purged_at', '=', 0)
    .executeTakeFirst()
  const about = `assignment ${code}`
  if (!row)
    return [
      ill(
        about,
        `course ${course} has none of that name`,
        'Names count to the letter; nbgrader list shows them.',
      ),
    ]
  const { handedIn } = await database
    .selectFrom('submissions')
    .select(({ fn }) => fn.countAll<number>().as('handedIn'))
    .where('org_id', '=', user.org_id)
    .where('assignment_id', '=', row.id)
    .where('user_id', '=', user.id)
    .executeTakeFirstOrThrow()
  const work = well(about, `${handedIn} submissions of ${user.name}`)
  if (row.active !== 0) return [well(about, 'is released'), work]
  return [
    ill(
      about,
      'is not released, so students can neither fetch nor hand in',
      'Its instructor releases it again.',
    ),
    work,
  ]
}

function day(microseconds: number): string {
  return new Date(microseconds / 1000).toISOString().slice(0, 19).replace('T', ' ').concat(' UTC')
}
