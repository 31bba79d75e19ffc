/**
 * Every refusal that a client can meet: the few codes, and under each the reasons, with what is said to people. A code
 * says what to do, a reason what happened. Both are stable: programs and translations rest on them.
 *
 * A message is one line. What stands in braces is a param of the reason; nothing else may vary, so that the same can be
 * said in another language from reason and params alone.
 */
export const REASONS = {
  /** The request is malformed: a name, a time, a parameter or a body that cannot be what was meant. */
  invalid: {
    action_unknown: '{action} is not an action: use one of {known}.',
    address_malformed: 'The address is malformed: check its percent escapes.',
    address_unreadable: 'A name in the address is too long or contains a control character.',
    body_broken_off: 'The upload broke off before its end; nothing was stored. Try again.',
    body_empty: 'The body is empty; JSON was announced.',
    body_length_wrong: 'The body is not as long as was announced.',
    body_no_json: 'The body is not valid JSON.',
    cursor_unknown: 'This cursor was not made here; begin without one.',
    digest_malformed: '{header} must read sha-256=:<base64 of 32 bytes>:.',
    digests_contradictory: 'The digests in the headers contradict each other.',
    escapes_malformed: '"{text}" is not percent-encoded UTF-8.',
    feedback_misnamed: 'The file name "{name}" is not student/timestamp/notebook, each percent-encoded.',
    file_absent: 'No file was supplied.',
    file_empty: 'The file is empty; nothing was stored.',
    file_key_malformed: 'Not a key of a stored file: "{key}".',
    file_misplaced: 'The file must be sent in the field {field}.',
    file_no_gzip: 'The file is not a gzip archive.',
    file_repeated: 'The form carries a second file in the field {field}; send exactly one.',
    form_field_unreadable: 'The form field "{field}" is too long or no text.',
    form_too_large: 'The form has more or larger fields than this request can need.',
    headers_too_large: 'The address and headers are too long.',
    headers_too_slow: 'The headers did not come in time.',
    http_malformed: 'This is not HTTP.',
    http_version_unknown: 'Only HTTP/1.0 and HTTP/1.1 are spoken here.',
    key_malformed: 'An Idempotency-Key has 1 to 200 visible ASCII characters.',
    name_empty: 'The {kind} name is empty.',
    name_of_folder: 'The {kind} name "{name}" means a folder; choose another one.',
    name_too_long: 'The {kind} name "{name}" is longer than {limit} characters.',
    name_unreadable: 'The {kind} name "{name}" contains a control character.',
    name_with_slash: 'The {kind} name "{name}" contains a slash.',
    notebooks_too_many: '{count} notebooks are too many: at most {limit}.',
    parameter_contradictory: 'The parameter "{parameter}" was given twice with different values.',
    parameter_missing: 'This call requires {required}: {missing} missing.',
    parameter_unreadable: 'The parameter "{parameter}" is too long or contains a control character.',
    purge_unconfirmed: 'To purge {assignment}, name it again as assignment_id.',
    request_malformed: 'The request is malformed: {detail}.',
    rule_broken: '{where} breaks a rule of this call: {rule} {wanted}.',
    timestamp_alone: 'A timestamp goes with a student: the server makes your own.',
    timestamp_malformed:
      '"{timestamp}" is not a time: write it as 2020-01-31 13:45:00.000000 UTC, between 2000 and 2100.',
    timestamp_to_come:
      '{timestamp} is still to come (it is {now}): say when it was handed in, or leave the time out.',
  },
  /** The bytes that arrived are not the bytes whose digest or length was declared; nothing was stored. */
  digest_mismatch: {
    file_damaged:
      'The file was damaged on its way: what arrived has the sha256 {sha256}, {declared_sha256} was declared. Send it again.',
    file_longer_than_declared:
      'The file was damaged on its way: more than the {declared_size} bytes that were declared arrived. Send it again.',
    file_shorter_than_declared:
      'The file was damaged on its way: {size} bytes arrived, {declared_size} were declared. Send it again.',
  },
  /** Nobody is signed in. */
  unauthenticated: {
    not_signed_in: 'Nobody is signed in: sign in again and repeat this.',
    sign_in_not_begun: 'This sign-in was not begun here, or too long ago: begin again.',
    sign_in_refused: 'The sign-in was refused: begin again.',
  },
  /** Somebody is signed in who may not do this in this course. */
  forbidden: {
    foreign_page: 'This request comes from a page of another site and was refused.',
    identity_incomplete:
      'The sign-in describes you incompletely: {field} is wrong ({problem}); tell the operator.',
    no_course: 'The sign-in names no course and role for you: open a course first.',
    not_instructor: 'You are not an instructor of course {course}.',
    not_member: 'You are not a member of course {course}.',
    not_your_feedback: "You may read your own feedback only, not somebody else's.",
    role_changed: 'Your role in course {course} changed meanwhile.',
    scope_missing:
      'The token of {user} lacks the scope {scopes}: ask the operator of the Hub to grant it to users and servers.',
  },
  /** The thing does not exist, or not for this user. */
  not_found: {
    no_address: 'There is nothing at this address.',
    no_assignment: 'Course {course} has no assignment {assignment}.',
    no_feedback: 'There is no feedback for {student}, {assignment}, {notebook} at {timestamp}.',
    no_file: 'No file is stored under {key}.',
    no_notebook: 'Assignment {assignment} of course {course} has no notebook {notebook}.',
    no_release: 'Assignment {assignment} of course {course} is not released in version {version}.',
    no_student: 'Course {course} has no student {student}.',
    no_submission: 'Assignment {assignment} of course {course} has no such submission.',
    no_such_course: 'There is no course {course} for you.',
    not_released: 'Assignment {assignment} of course {course} is not released now.',
    not_remembered: 'Nobody named {user} is remembered in course {course}.',
    not_your_submission: 'You have no such submission.',
  },
  /** It exists already with other content, or the state does not allow it. */
  conflict: {
    already_released:
      'Assignment {assignment} of course {course} is released already; add force to release a new version.',
    file_exists: 'A file is stored under this key already.',
    key_reused: 'This Idempotency-Key was used for something else; use a new one.',
    timestamp_taken:
      'There is another submission for {assignment} with the time {timestamp} and other content; submit again.',
  },
  /** The body is larger than the limit. */
  too_large: {
    body_too_large: 'The body is too large for this request.',
    file_too_large: 'The file is larger than the {limit} bytes that are allowed.',
  },
  /** This endpoint takes no such body, or the address no such method. */
  unsupported: {
    body_kind_unknown: 'This kind of body is not taken here.',
    call_never_there: '{method} {path} does not exist.',
    content_type_wrong: 'Send it with Content-Type: {content_type}.',
    encoding_unknown: 'Send the file as it is, without Content-Encoding.',
    method_wrong: '{method} is not possible here; {allowed} is.',
  },
  /** One person asks too much at once; wait as long as `Retry-After` says. */
  too_many_requests: {
    rate_exceeded:
      'These are more requests than the exchange takes from one person: try again in {seconds} s.',
  },
  /** The disk is full. */
  storage_full: {
    database_full: 'The database has no space left; tell the operator.',
    storage_full: 'The storage has no space left; tell the operator.',
  },
  /** Something the service depends on (database, storage, identity provider) does not answer; try again. */
  unavailable: {
    checks_failed: 'The checks themselves failed; the log says how.',
    database_unavailable: 'The database does not answer or takes no writes now; try again soon.',
    files_too_many: 'Too many files are open; try again.',
    outcome_unknown: 'The database was lost while it stored this; send it again.',
    restarting: 'The service is being restarted; try again soon.',
    sign_in_unavailable: 'The sign-in does not answer at the moment; try again soon.',
    storage_closed: 'The storage does not let the service in; try again, or tell the operator.',
    storage_overloaded: 'The storage is overloaded or down; try again, or tell the operator.',
    storage_read_only: 'The storage takes no changes now; tell the operator.',
    storage_unreachable: 'The storage cannot be reached; try again, or tell the operator.',
  },
  /** A defect of ours. */
  internal: {
    defect: 'Something went wrong here; it has been logged as request {request}.',
  },
} as const satisfies Record<string, Record<string, string>>

/** What a param is, wherever it occurs. */
export interface ParamTypes {
  action: string
  /** HTTP methods. */
  allowed: readonly string[]
  /** Its code. */
  assignment: string
  content_type: string
  count: number
  /** Its code. */
  course: string
  /** Lower-case hex. */
  declared_sha256: string
  /** Bytes. */
  declared_size: number
  /** What a program that we use said, in English. */
  detail: string
  /** Of a form, or of what the sign-in says. */
  field: string
  header: string
  /** Of a stored file. */
  key: string
  /** Whose name: of a `course`, an `assignment`, a `notebook` or a `user`. */
  kind: 'course' | 'assignment' | 'notebook' | 'user'
  /** Every word that could stand there. */
  known: readonly string[]
  /** The most that is allowed: bytes of a file, characters of a name, how many of a thing. */
  limit: number
  method: string
  /** Names of parameters. */
  missing: readonly string[]
  name: string
  notebook: string
  /** The clock of the service, spelt like a label. */
  now: string
  parameter: string
  path: string
  /** `missing`, `no text`, `no list`, `no whole number`, or the reason why a name cannot be one. */
  problem: string
  /** Names of parameters. */
  required: readonly string[]
  /** The id under which the log has it; `x-request-id` of the answer. */
  request: string
  /** A keyword of JSON Schema. */
  rule: string
  /** One of them is enough. */
  scopes: readonly string[]
  seconds: number
  /** Lower-case hex. */
  sha256: string
  /** Bytes. */
  size: number
  student: string
  text: string
  /** A label, as it was sent. */
  timestamp: string
  user: string
  version: number
  /** What the rule asks for; empty where the keyword says it all. */
  wanted: string
  /** `querystring`, `body`, `params` or `headers`, and the name inside: `querystring/limit`. */
  where: string
}

type Table = typeof REASONS

export type ErrorCode = keyof Table
export type Reason = { [C in ErrorCode]: keyof Table[C] }[ErrorCode] & string

type Message<R extends Reason> = {
  [C in ErrorCode]: R extends keyof Table[C] ? Table[C][R] : never
}[ErrorCode]

type NamesIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never

/** The params of a reason: those that its message names, all of them and no other. */
export type Params<R extends Reason> = [NamesIn<Message<R>>] extends [never]
  ? Record<string, never>
  : { readonly [N in NamesIn<Message<R>>]: N extends keyof ParamTypes ? ParamTypes[N] : never }

export type Param = string | number | readonly string[]

/** Code and message of each reason. */
export const BY_REASON = Object.fromEntries(
  Object.entries(REASONS).flatMap(([code, reasons]) =>
    Object.entries(reasons).map(([reason, message]) => [reason, { code, message }]),
  ),
) as Readonly<Record<Reason, { code: ErrorCode; message: string }>>
