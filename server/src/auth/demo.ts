import { isIP } from 'node:net'
import { type Static, Type } from 'typebox'
import { trustedAddresses } from './trusted-proxies.ts'
import type { CourseOfUser, Identity, UserPlugin, UserRequest } from './user-plugin.ts'

export const demoOptions = Type.Object({}, { additionalProperties: false })

const isLoopback = trustedAddresses(['127.0.0.0/8', '::1'])

/**
 * Four made-up users, who sign in with nothing but their name: `Authorization: Bearer student1`. To try the service
 * out; throws where others than this machine could reach it.
 */
export class DemoUserPlugin implements UserPlugin {
  constructor(_options: Static<typeof demoOptions>, host: string) {
    if (host === 'localhost' || (isIP(host) !== 0 && isLoopback(host))) return
    throw new Error(
      `The demo sign-in knows no passwords and serves only this machine: set host to 127.0.0.1 (it is ${JSON.stringify(host)}) or choose another userPlugin.`,
    )
  }

  async getCurrentUser(request: UserRequest): Promise<Identity | null> {
    const authorization = request.headers.authorization
    const match = typeof authorization === 'string' ? /^(?:Bearer|token) +(\S+)$/i.exec(authorization) : null
    return USERS.get(match?.[1] ?? '') ?? null
  }
}

const USERS: ReadonlyMap<string, Identity> = new Map(
  [
    user('instructor', 'Ida Instructor', [course('demo101', 'Instructor'), course('demo102', 'Instructor')]),
    user('student1', 'Sam Student', [course('demo101', 'Student'), course('demo102', 'Student')]),
    user('student2', 'Sue Student', [course('demo101', 'Student'), course('demo102', 'Student')]),
    user('student3', 'Sol Student', [course('demo101', 'Student')]),
  ].map((identity) => [identity.name, identity]),
)

function user(name: string, fullName: string, courses: CourseOfUser[]): Identity {
  const first = courses[0]
  return {
    name,
    full_name: fullName,
    email: `${name}@example.org`,
    lms_user_id: `demo-${name}`,
    org_id: 1,
    courses,
    ...(first && {
      course_id: first.course_id,
      course_title: first.course_title ?? null,
      course_role: first.course_role,
    }),
  }
}

function course(code: string, role: string): CourseOfUser {
  return { course_id: code, course_title: `Demo course ${code.slice(-3)}`, course_role: role }
}
