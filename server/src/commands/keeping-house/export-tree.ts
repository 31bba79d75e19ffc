import { createHash } from 'node:crypto'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { exportFeedback, exportReleases, exportSubmissions } from '../../db/export-rows.ts'
import { pageOfLog } from '../../db/log-pages.ts'
import type { Part } from '../../db/part.ts'
import type { FileTable } from '../../db/stored-files.ts'
import { fileKey } from '../../exchange/keys.ts'
import { formatTimestamp } from '../../exchange/timestamps.ts'
import type { House } from '../house.ts'
import type { Progress } from '../progress.ts'
import { readableName, readableTime } from './readable-names.ts'

export interface Exported {
  folder: string
  releases: number
  submissions: number
  feedback: number
  actions: number
  bytes: number
  damaged: { key: string; problem: string }[]
}

export interface ExportWanted {
  house: House
  part: Part
  folder: string
  progress: Progress
}

/**
 * Writes `<org>/<course>/<assignment>/<user>/<timestamp>/` with the work, its receipt and its feedback,
 * `.../=releases/<version>/`, the log, and the SHA-256 of everything. A closed course is `<course>=closed-<time>`, because
 * several may have the same code. Throws where the folder is not new.
 */
export async function exportTree({ folder, house, part, progress }: ExportWanted): Promise<Exported> {
  await mkdir(dirname(folder), { recursive: true })
  await mkdir(folder)
  const result = { folder, releases: 0, submissions: 0, feedback: 0, actions: 0, bytes: 0, damaged: [] }
  const tree = new Tree(house, result)
  progress.begin('releases', null)
  for await (const row of exportReleases(house.database, part)) {
    const place = [...placeOf(row), '=releases', String(row.version)]
    const { course_closed_at, notebooks, released_at, ...rest } = row
    await tree.file(['released', row], [...place, 'assignment.tar.gz'])
    await tree.json([...place, 'release.json'], {
      ...rest,
      course_closed_at: timeOrNull(course_closed_at),
      released_at: formatTimestamp(Number(released_at)),
      notebooks: JSON.parse(notebooks),
    })
    tree.result.releases += 1
    progress.step()
  }
  progress.begin('submissions', null)
  for await (const row of exportSubmissions(house.database, part)) {
    const place = [...placeOf(row), readableName(row.student), readableName(row.timestamp)]
    const { course_closed_at, effective_at, notebooks, received_at, removed_at, ...rest } = row
    await tree.file(['submitted', row], [...place, 'submission.tar.gz'])
    await tree.json([...place, 'receipt.json'], {
      ...rest,
      course_closed_at: timeOrNull(course_closed_at),
      received_at: formatTimestamp(Number(received_at)),
      effective_at: formatTimestamp(Number(effective_at)),
      removed_at: timeOrNull(removed_at),
      notebooks: JSON.parse(notebooks),
    })
    tree.result.submissions += 1
    progress.step()
  }
  progress.begin('feedback', null)
  for await (const row of exportFeedback(house.database, part)) {
    const place = [...placeOf(row), readableName(row.student), readableName(row.timestamp), '=feedback']
    const name = `${readableName(row.notebook)}.${row.version}`
    await tree.file(['feedback', row], [...place, `${name}.html`])
    await tree.json([...place, `${name}.json`], {
      ...row,
      course_closed_at: timeOrNull(row.course_closed_at),
      released_at: formatTimestamp(Number(row.released_at)),
    })
    tree.result.feedback += 1
    progress.step()
  }
  await tree.log(part)
  await tree.sums()
  progress.end()
  return tree.result
}

interface Place {
  org_id: number
  course: string
  /** 0 while it is open. */
  course_closed_at: number
  assignment: string
}

function placeOf({ assignment, course, course_closed_at, org_id }: Place): string[] {
  const closedAt = Number(course_closed_at)
  const ending = closedAt === 0 ? '' : `=closed-${readableTime(closedAt)}`
  return [String(org_id), readableName(course) + ending, readableName(assignment)]
}

/** Of a column in which 0 or nothing means never. */
function timeOrNull(at: number | null): string | null {
  return Number(at ?? 0) === 0 ? null : formatTimestamp(Number(at))
}

interface FileRow {
  id: string
  org_id: number
  size: number
  sha256: string
}

class Tree {
  readonly result: Exported
  readonly #house: House
  readonly #sums: string[] = []

  constructor(house: House, result: Exported) {
    this.#house = house
    this.result = result
  }

  async file([kind, row]: [FileTable, FileRow], place: readonly string[]): Promise<void> {
    const stored = { size: Number(row.size), sha256: row.sha256 }
    const key = fileKey({ orgId: row.org_id, kind, id: row.id })
    const path = await this.#path(place)
    try {
      const stream = await this.#house.files.open(key, stored)
      await writeFile(path, stream, { flag: 'wx' })
      this.#note(path, row.sha256)
      this.result.bytes += stored.size
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error
      this.result.damaged.push({ key, problem: error instanceof Error ? error.message : String(error) })
    }
  }

  async json(place: readonly string[], content: unknown): Promise<void> {
    await this.#text(place, `${JSON.stringify(content, null, 2)}\n`)
  }

  async log(part: Part): Promise<void> {
    const handle = await open(await this.#path(['actions.jsonl']), 'wx')
    const hash = createHash('sha256')
    try {
      let after = 0
      for (;;) {
        const page = await pageOfLog(this.#house.database, { ...part, after, limit: 1000 })
        for (const { at, ...row } of page) {
          const line = `${JSON.stringify({ ...row, at: formatTimestamp(Number(at)) })}\n`
          hash.update(line)
          await handle.appendFile(line)
        }
        this.result.actions += page.length
        const last = page.at(-1)
        if (!last || page.length < 1000) break
        after = last.id
      }
    } finally {
      await handle.close()
    }
    this.#note(join(this.result.folder, 'actions.jsonl'), hash.digest('hex'))
  }

  async sums(): Promise<void> {
    const lines = this.#sums.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1))
    await writeFile(join(this.result.folder, 'SHA256SUMS'), lines.join(''), { flag: 'wx' })
  }

  async #text(place: readonly string[], text: string): Promise<void> {
    const path = await this.#path(place)
    await writeFile(path, text, { flag: 'wx' })
    this.#note(path, createHash('sha256').update(text).digest('hex'))
  }

  async #path(place: readonly string[]): Promise<string> {
    const path = join(this.result.folder, ...place)
    await mkdir(dirname(path), { recursive: true })
    return path
  }

  #note(path: string, sha256: string): void {
    this.#sums.push(`${sha256}  ${relative(this.result.folder, path)}\n`)
  }
}
