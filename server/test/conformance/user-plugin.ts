import { describe, expect, it } from 'vitest'
import type { UserPlugin, UserRequest } from '../../src/auth/user-plugin.ts'

/** What a plugin needs to show what it promises. */
export interface UserPluginUnderTest {
  create(): Promise<UserPlugin>
  /** A request that proves who is asking, and the name of that user. */
  signedIn: readonly { name: string; request: Partial<UserRequest> }[]
  /** Requests that prove nothing: expired, garbled, forged. One without any credentials is always tried. */
  nobody: Readonly<Record<string, Partial<UserRequest>>>
  /** Makes the identity provider unreachable, where there is one. */
  breakProvider?: (plugin: UserPlugin) => Promise<void>
}

const FIELDS = ['name', 'full_name', 'email', 'lms_user_id', 'course_id', 'course_title', 'course_role']

/** The promises of `UserPlugin` as tests; call it in a test file of yours. */
export function describeUserPlugin(name: string, subject: UserPluginUnderTest): void {
  describe(`the user plugin ${name}`, () => {
    for (const { name: user, request } of subject.signedIn) {
      it(`knows ${user}`, async () => {
        const plugin = await subject.create()
        const identity = await plugin.getCurrentUser(complete(request))
        expect(identity).toMatchObject({ name: user })
        for (const field of FIELDS) {
          const value = (identity as unknown as Record<string, unknown>)[field] ?? null
          expect(value === null || typeof value === 'string', `${field} is a text or absent`).toBe(true)
        }
        expect(String(identity?.org_id ?? 1)).toMatch(/^\d+$/)
        for (const course of identity?.courses ?? []) {
          expect(course).toMatchObject({ course_id: expect.any(String), course_role: expect.any(String) })
        }
        await plugin.close?.()
      })
    }

    const nobody = { 'without credentials': {}, ...subject.nobody }
    for (const [case_, request] of Object.entries(nobody)) {
      it(`answers null, and throws nothing, to a request ${case_}`, async () => {
        const plugin = await subject.create()
        expect(await plugin.getCurrentUser(complete(request))).toBeNull()
        await plugin.close?.()
      })
    }

    it('does not mix up users who ask at the same time', async () => {
      const plugin = await subject.create()
      const asked = Array.from({ length: 20 }, () => subject.signedIn).flat()
      const answers = await Promise.all(asked.map(({ request }) => plugin.getCurrentUser(complete(request))))
      expect(answers.map((identity) => identity?.name)).toEqual(asked.map((one) => one.name))
      await plugin.close?.()
    })

    const { breakProvider } = subject
    if (breakProvider) {
      it('throws when the identity provider does not answer', async () => {
        const plugin = await subject.create()
        await breakProvider(plugin)
        const request = complete(subject.signedIn[0]?.request ?? {})
        await expect(plugin.getCurrentUser(request)).rejects.toThrow()
        await plugin.close?.()
      })
    }
  })
}

/** A request that cannot be changed: plugins only read. */
function complete(request: Partial<UserRequest>): UserRequest {
  const headers = Object.freeze({ host: 'localhost', ...request.headers })
  return Object.freeze({ method: 'GET', url: '/', remoteAddress: '127.0.0.1', ...request, headers })
}
