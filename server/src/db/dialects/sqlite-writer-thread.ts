import { parentPort, workerData } from 'node:worker_threads'
import Sqlite from 'better-sqlite3'
import { SqliteFile } from './sqlite-file.ts'
import type { Answer, Question } from './sqlite-writer.ts'

/** What runs in the thread of `SqliteWriter`: one statement after the other, until it is told to close. */
const port = parentPort
const database = new SqliteFile(workerData as string)

port?.on('message', (question: Question) => {
  if (question === 'close') {
    database.close()
    port.close()
  } else port.postMessage(answerTo(question))
})

function answerTo({ sql, parameters }: Exclude<Question, 'close'>): Answer {
  try {
    const result = database.run(sql, parameters)
    return { result, inTransaction: database.inTransaction }
  } catch (error) {
    if (!(error instanceof Sqlite.SqliteError)) throw error
    const { code, message } = error
    return { error: { code, message }, inTransaction: database.inTransaction }
  }
}
