import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { filesOfRows } from '../server/src/commands/keeping-house/check-files.ts'
import { openDatabase } from '../server/src/db/database.ts'
import { fileKey } from '../server/src/exchange/keys.ts'
import { placesIn } from '../torture/service-child.ts'

/** Writes a file with this content for every row, past the service, and waits until the disk has all; answers how many. */
export async function writeFilesOfRows(directory: string, content: Buffer): Promise<number> {
  const { database: file, storage } = placesIn(directory)
  const database = await openDatabase({ url: { dialect: 'sqlite', file } })
  let count = 0
  for await (const row of filesOfRows({ database })) {
    const path = join(storage, fileKey(row))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    count += 1
  }
  await database.destroy()
  execFileSync('sync', ['-f', storage])
  return count
}
