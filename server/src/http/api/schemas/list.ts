import type { TSchema } from 'typebox'
import { AssignmentBody, AssignmentListBody, PurgeBody } from './assignments.ts'
import { CourseBody, CourseListBody, MemberBody, MemberPageBody } from './courses.ts'
import { ErrorBody, ErrorCodeBody } from './errors.ts'
import { FeedbackBatchBody, FeedbackBody, FeedbackListBody, FeedbackRefusalBody } from './feedback.ts'
import { ActionBody, ActionFileBody, ActionPageBody } from './history.ts'
import { ServiceBody } from './home.ts'
import { MeBody } from './me.ts'
import { ReleaseBody, ReleaseListBody } from './releases.ts'
import {
  OwnSubmissionBody,
  OwnSubmissionPageBody,
  ReceiptBody,
  SubmissionBody,
  SubmissionPageBody,
} from './submissions.ts'

/** Every shape on the wire that has a name. */
export const SCHEMAS: readonly TSchema[] = [
  ErrorCodeBody,
  ErrorBody,
  ServiceBody,
  MeBody,
  CourseBody,
  CourseListBody,
  MemberBody,
  MemberPageBody,
  AssignmentBody,
  AssignmentListBody,
  PurgeBody,
  ReleaseBody,
  ReleaseListBody,
  ReceiptBody,
  SubmissionBody,
  SubmissionPageBody,
  OwnSubmissionBody,
  OwnSubmissionPageBody,
  FeedbackBody,
  FeedbackListBody,
  FeedbackRefusalBody,
  FeedbackBatchBody,
  ActionFileBody,
  ActionBody,
  ActionPageBody,
]
