import { type Feedback, matchFeedback } from '../../exchange/feedback.ts'
import type { Receipt } from '../../exchange/receipts.ts'

/** Each submission with its feedback, in the order given. */
export function withFeedback<R extends Receipt>(
  receipts: readonly R[],
  feedback: readonly Feedback[],
): [R, Feedback[]][] {
  const byWork = Map.groupBy(feedback, (one) => `${one.assignmentId} ${one.studentId}`)
  const groups = Map.groupBy(receipts, (receipt) => `${receipt.assignmentId} ${receipt.studentId}`)
  const matched = new Map<R, Feedback[]>()
  for (const [work, group] of groups) {
    for (const [receipt, own] of matchFeedback(group, byWork.get(work) ?? [])) matched.set(receipt, own)
  }
  return receipts.map((receipt) => [receipt, matched.get(receipt) ?? []])
}
