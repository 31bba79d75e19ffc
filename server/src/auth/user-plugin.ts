/**
 * Who is asking? A site answers with one class; its name or path stands in the config as `userPlugin`. The class is
 * constructed once, with the `userPluginOptions` of the config, and asked once for every request.
 */
export interface UserPlugin {
  /**
   * The user who signed this request.
   *
   * - Resolve to an `Identity` when the request proves who is asking.
   * - Resolve to `null` when it does not: no credentials, expired or garbled ones, an unknown user. The client is
   *   told that nobody is signed in.
   * - Throw `ExchangeError` `forbidden` when it proves who is asking, and that they may not use the exchange: the message is for them.
   * - Throw anything else only when it cannot be told at all, because the identity provider does not answer. The client is told to
   *   try again (503), and the error is logged. Not answering within 5 seconds counts as a throw.
   *
   * Called many times at once; must not change the request.
   */
  getCurrentUser(request: UserRequest): Promise<Identity | null>
  /**
   * Called once at the start, where there is something to look at beforehand. Throws `NeverWorks` for what must be configured
   * otherwise: the service does not start. Any other failure is logged, and the service starts.
   */
  check?(): Promise<void>
  /** Present where people without a token can sign in with their browser. */
  readonly browser?: BrowserSignIn
  /** Called once, when the service stops. */
  close?(): Promise<void>
}

/** What a sign-in is configured to do will never work; the message is one line for the operator. */
export class NeverWorks extends Error {
  override readonly name = 'NeverWorks'
}

/** OAuth 2 as the browser sees it: away to the identity provider, back with a code, from then on with a cookie. */
export interface BrowserSignIn {
  /** The cookie in which `getCurrentUser` looks for what `redeem` answers. It must not count for what changes something. */
  readonly cookie: string
  /** Where the browser is sent; `state` comes back from there unchanged. */
  addressFor(state: string): string
  /** The credential for the code that came back, fit for a cookie; null for a code that is not good. Throws when it cannot be told. */
  redeem(code: string): Promise<string | null>
}

/** What a plugin sees of a request. The body is never read before it is known who sends it. */
export interface UserRequest {
  /** `GET`, `POST` and so on. An answer that was remembered may be older for those that change nothing. */
  method: string
  /** Names in lower case, values as Node gives them: every byte one character (latin1). */
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** Path and query as they came, percent escapes untouched. A token in the query is not a sign-in. */
  url: string
  /** The address of the peer, never what a header says it is. */
  remoteAddress: string
}

/** A signed-in user. Absent and `null` mean the same. Only the courses named here may be touched by the request. */
export interface Identity {
  /** Unique within the organisation; compared byte for byte. */
  name: string
  full_name?: string | null
  email?: string | null
  lms_user_id?: string | null
  /** The course from which the user came, and the role there. Old plugins of nbgrader clients need both. */
  course_id?: string | null
  course_title?: string | null
  course_role?: string | null
  /** The tenant, a whole number or its text; 1 where there is only one. */
  org_id?: number | string | null
  /** All courses of the user, each with the role held there. `course_id` may then be absent. */
  courses?: readonly CourseOfUser[] | null
}

export interface CourseOfUser {
  course_id: string
  course_title?: string | null
  course_role: string
}
