import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { signIn } from '../server/test/start.ts'
import { ASSIGNMENT, COURSE, type Face, FORM, person } from './hand-in.ts'

const CHUNK = 1024 * 1024
const student = person('sam', 'Student', COURSE)
const instructor = person('ina', 'Instructor', COURSE)

/**
 * Hands in a file of so many bytes that never lies whole in our memory, and reads it back, both over the same face.
 * Throws unless the service took it and gave back the same bytes.
 */
export async function thereAndBack(url: string, face: Face, bytes: number): Promise<void> {
  const hash = createHash('sha256')
  const receipt = await send(url, face, generated(bytes, hash))
  const sent = hash.digest('hex')
  if (receipt.sha256 !== sent) throw new Error(`sent ${sent}, the receipt says ${receipt.sha256}`)
  const back = await sha256At(await addressOf(url, face, String(receipt.id)), face)
  if (back !== sent) throw new Error(`sent ${sent}, got back ${back}`)
}

/** A file that begins like gzip and is different all the way. */
async function* generated(bytes: number, hash: ReturnType<typeof createHash>): AsyncGenerator<Buffer> {
  const noise = randomBytes(CHUNK)
  for (let at = 0; at < bytes; at += CHUNK) {
    const chunk = Buffer.from(noise.subarray(0, Math.min(CHUNK, bytes - at)))
    if (at === 0) chunk.set([0x1f, 0x8b])
    else if (chunk.length >= 8) chunk.writeDoubleLE(at)
    hash.update(chunk)
    yield chunk
  }
}

async function* inForm(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield FORM.head
  yield* file
  yield FORM.tail
}

async function send(url: string, face: Face, file: AsyncIterable<Buffer>): Promise<Record<string, unknown>> {
  const place =
    face === 'api' ? `api/v1/courses/${COURSE}/assignments/${ASSIGNMENT}/submissions` : 'submission'
  const query = face === 'api' ? '' : `?course_id=${COURSE}&assignment_id=${ASSIGNMENT}`
  const type = face === 'api' ? 'application/gzip' : FORM.type
  const call = request(url + place + query, {
    method: 'POST',
    headers: { ...signIn(student), 'content-type': type },
  })
  const answered = once(call, 'response') as Promise<[IncomingMessage]>
  await pipeline(Readable.from(face === 'api' ? file : inForm(file), { objectMode: false }), call)
  const [answer] = await answered
  const text = (await answer.setEncoding('utf8').toArray()).join('')
  const said = JSON.parse(text) as Record<string, unknown>
  const receipt = (face === 'api' ? said : said.receipt) as Record<string, unknown> | undefined
  if (answer.statusCode === (face === 'api' ? 201 : 200) && receipt) return receipt
  throw new Error(`uploading over ${face}: ${answer.statusCode} ${text}`)
}

/** Where the file is read: its owner reads over the API, a teacher with an old client by the path in the collection. */
async function addressOf(url: string, face: Face, id: string): Promise<string> {
  if (face === 'api')
    return `${url}api/v1/courses/${COURSE}/assignments/${ASSIGNMENT}/submissions/${id}/content`
  const query = new URLSearchParams({ course_id: COURSE, assignment_id: ASSIGNMENT })
  const answer = await fetch(`${url}collections?${query}`, { headers: signIn(instructor) })
  const { value } = (await answer.json()) as { value: { path: string; timestamp: string }[] }
  const newest = value.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : 1)).at(-1)
  query.set('path', newest?.path ?? '')
  return `${url}collection?${query}`
}

async function sha256At(address: string, face: Face): Promise<string> {
  const call = request(address, { headers: signIn(face === 'api' ? student : instructor) })
  call.end()
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`reading ${address}: ${answer.statusCode}`)
  const hash = createHash('sha256')
  await pipeline(answer, hash)
  return hash.digest('hex')
}
