import { type Static, Type } from 'typebox'
import type { CourseOfUser, Identity } from './user-plugin.ts'

const Place = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

const IN_OURS = 'where it stands; the name of a member, or a path such as `/custom/course` into objects'

/** Where the fields of a user stand in an object of somebody else. */
export const fieldPlaces = Type.Object(
  {
    name: Place(`The user name: ${IN_OURS}`),
    full_name: Place('The full name'),
    email: Place('The e-mail address'),
    lms_user_id: Place('The id in the learning management system'),
    org_id: Place('The organisation, a whole number'),
    course_id: Place('The course from which the user came'),
    course_title: Place('Its title'),
    course_role: Place('The role there'),
    courses: Place('A list of all courses: objects with `course_id`, `course_title`, `course_role`'),
  },
  { additionalProperties: false },
)

export type FieldPlaces = Static<typeof fieldPlaces>

/**
 * The user that `object` describes, read at these places, or under our own names where none is given. Null without a name. What has not
 * the type of its field counts as absent.
 */
export function identityFrom(object: unknown, places: FieldPlaces): Identity | null {
  const text = (field: keyof FieldPlaces) => textOf(valueAt(object, places[field] ?? field))
  const name = text('name')
  if (name === null) return null
  const org = valueAt(object, places.org_id ?? 'org_id')
  return {
    name,
    full_name: text('full_name'),
    email: text('email'),
    lms_user_id: text('lms_user_id'),
    course_id: text('course_id'),
    course_title: text('course_title'),
    course_role: text('course_role'),
    org_id: typeof org === 'number' || typeof org === 'string' ? org : null,
    courses: coursesIn(valueAt(object, places.courses ?? 'courses')),
  }
}

/** The value under a name, or at a path `/a/b` (JSON Pointer, RFC 6901); undefined where there is nothing. */
export function valueAt(object: unknown, place: string): unknown {
  const names = place.startsWith('/')
    ? place
        .slice(1)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    : [place]
  let value = object
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}

function coursesIn(value: unknown): CourseOfUser[] | null {
  if (!Array.isArray(value)) return null
  return value.flatMap((course: unknown) => {
    const [id, role] = [textOf(valueAt(course, 'course_id')), textOf(valueAt(course, 'course_role'))]
    const title = textOf(valueAt(course, 'course_title'))
    return id === null || role === null ? [] : [{ course_id: id, course_title: title, course_role: role }]
  })
}
