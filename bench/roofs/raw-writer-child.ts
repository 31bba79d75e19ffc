import { randomUUID } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'

/**
 * As little as a durable upload can be in Node: the raw body into a file, fdatasync, rename, fsync of the folder. No
 * sign-in, no digest, no database, no check. `node raw-writer-child.ts FOLDER` prints its port.
 */
const folder = process.argv[2] ?? '.'

const server = createServer(async (request, response) => {
  const id = randomUUID()
  const partial = join(folder, `${id}.partial`)
  const handle = await open(partial, 'wx')
  for await (const chunk of request) await handle.write(chunk)
  await handle.datasync()
  await handle.close()
  await rename(partial, join(folder, id))
  const directory = await open(folder, 'r')
  await directory.sync()
  await directory.close()
  response.writeHead(201).end()
})

// Longer than the client leaves a connection unused between two runs.
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') process.stdout.write(`${address?.port}\n`)
})
