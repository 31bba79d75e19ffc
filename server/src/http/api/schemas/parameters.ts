import { Type } from 'typebox'
import { AssignmentCode, CourseCode, nullable, UserName } from './values.ts'

/** Parameters that several routes share. */

export const CourseParams = Type.Object({ course: CourseCode })
export const AssignmentParams = Type.Object({ course: CourseCode, assignment: AssignmentCode })

/** Which course and which assignment a list is about; all that the caller may see without them. */
export const courseQuery = {
  course_id: Type.Optional(Type.String({ description: 'Only this course', examples: ['bio101'] })),
  assignment_id: Type.Optional(Type.String({ description: 'Only this assignment', examples: ['ps1'] })),
}

export const StudentQuery = Type.Optional({ ...UserName, description: 'Only this student' })

/** Of lists that grow with the class. */
export const pageQuery = {
  limit: Type.Integer({
    minimum: 1,
    maximum: 5000,
    default: 1000,
    description: 'How many items at the most',
  }),
  cursor: Type.Optional(Type.String({ maxLength: 4096, description: '`next` of the page before' })),
}

export const Next = nullable(Type.String({ description: 'The cursor of the next page; null at the end' }))
