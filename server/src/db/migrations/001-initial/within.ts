import type { Table } from '../../tables.ts'

type ForeignKey = NonNullable<Table['foreignKeys']>[number]

/** A foreign key that carries the organisation, so that it cannot point into another one. */
export function within(column: string, references: string): ForeignKey {
  return { columns: ['org_id', column], references, to: ['org_id', 'id'] }
}

/** One to an assignment that also belongs to the course of the same row; without an assignment it asks for nothing. */
export const ASSIGNMENT_OF_COURSE: ForeignKey = {
  columns: ['org_id', 'course_id', 'assignment_id'],
  references: 'assignments',
  to: ['org_id', 'course_id', 'id'],
}
