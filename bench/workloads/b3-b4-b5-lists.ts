import { INSTRUCTOR, student } from '../faces.ts'
import { assignmentName } from '../fill.ts'
import type { Workload } from '../workload.ts'
import { asTheClassGrows } from './growth.ts'

export const assignmentsList: Workload = {
  id: 'B3',
  title: 'One student lists the assignments; 50 assignments, all handed in, feedback for all',
  run: (bench) =>
    asTheClassGrows(bench, {
      assignments: 50,
      requests: 200,
      clients: [1, 64],
      ask: (face, index) => face.listAssignments(student(index)),
    }),
}

export const collectionsList: Workload = {
  id: 'B4',
  title: 'The instructor lists the submissions of one assignment',
  run: (bench) =>
    asTheClassGrows(bench, {
      assignments: 1,
      requests: 20,
      clients: [1],
      ask: (face) => face.listSubmissions(INSTRUCTOR, assignmentName(0)),
    }),
}

export const historyList: Workload = {
  id: 'B5',
  title: 'The instructor reads the history of 50 assignments (API: the newest 5000 actions, legacy: all)',
  run: (bench) =>
    asTheClassGrows(bench, {
      assignments: 50,
      requests: 5,
      clients: [1],
      ask: (face) => face.history(INSTRUCTOR),
    }),
}
