import type { Workload } from '../workload.ts'
import { storm } from './b1-storm.ts'
import { classFetch } from './b2-fetch.ts'
import { assignmentsList, collectionsList, historyList } from './b3-b4-b5-lists.ts'
import { pluginCollect } from './b6-plugin-collect.ts'
import { classFeedback } from './b7-feedback.ts'
import { bigFiles } from './b8-big-files.ts'
import { mixedLoad } from './b9-mixed.ts'
import { coldStart } from './b10-start.ts'
import { wholeClass } from './b11-class.ts'
import { keepingHouse } from './b12-keeping-house.ts'

export const WORKLOADS: readonly Workload[] = [
  storm,
  classFetch,
  assignmentsList,
  collectionsList,
  historyList,
  pluginCollect,
  classFeedback,
  bigFiles,
  mixedLoad,
  coldStart,
  wholeClass,
  keepingHouse,
]
