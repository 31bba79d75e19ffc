import { Type } from 'typebox'
import { FEATURES } from '../../../features.ts'
import { CourseBody } from './courses.ts'
import { nullable, ref, UserName } from './values.ts'

export const MeBody = Type.Object(
  {
    org_id: Type.Integer({ description: 'The organisation', examples: [1] }),
    name: UserName,
    full_name: nullable(Type.String()),
    email: nullable(Type.String()),
    lms_user_id: nullable(Type.String()),
    courses: Type.Array(ref(CourseBody)),
    version: Type.String({ description: 'of the service', examples: ['0.1.0'] }),
    features: Type.Array(Type.String(), { description: 'what this service can do', examples: [FEATURES] }),
  },
  { $id: 'Me', description: 'The caller, as the sign-in shows them' },
)
