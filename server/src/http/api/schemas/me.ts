import { Type } from 'typebox'
import { CourseBody } from './courses.ts'
import { ServiceBody } from './home.ts'
import { nullable, ref, UserName } from './values.ts'

export const MeBody = Type.Object(
  {
    org_id: Type.Integer({ description: 'The organisation', examples: [1] }),
    name: UserName,
    full_name: nullable(Type.String()),
    email: nullable(Type.String()),
    lms_user_id: nullable(Type.String()),
    courses: Type.Array(ref(CourseBody)),
    ...ServiceBody.properties,
  },
  { $id: 'Me', description: 'The caller, as the sign-in shows them' },
)
