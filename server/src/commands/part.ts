import type { Part } from '../db/part.ts'
import type { CommandContext, Switch } from './command.ts'
import { organisationOf } from './words.ts'

/** Flags that name a part of the house. */
export const PART_FLAGS = {
  org: { flag: '--org', takes: 'NUMBER', summary: 'Only this organisation.' },
  course: { flag: '--course', takes: 'CODE', summary: 'Only courses with this code.' },
  assignment: { flag: '--assignment', takes: 'CODE', summary: 'Only assignments with this code.' },
  student: { flag: '--student', takes: 'NAME', summary: 'Only the work of this student.' },
} as const satisfies Record<string, Switch>

/** The part that the flags name. Throws a `ConfigError` for an organisation that is no number. */
export function partOf({ values }: CommandContext): Part {
  const org = values.get('--org')
  return {
    orgId: org === undefined ? undefined : organisationOf('--org', org),
    course: values.get('--course'),
    assignment: values.get('--assignment'),
    student: values.get('--student'),
  }
}
