import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import type { Agent } from 'node:http'
import { join } from 'node:path'
import { startBalancer } from '../torture/balancer.ts'
import { placesIn, ServiceChild } from '../torture/service-child.ts'
import { apiFace } from './api-face.ts'
import { type Face, proxyHeader } from './faces.ts'
import { legacyFace } from './legacy-face.ts'
import { ProcessFigures } from './process-figures.ts'
import { connections } from './wire.ts'
import type { Bench } from './workload.ts'

/** The service that is measured, built as for production, as a process of its own on SQLite and the local disk. */
export interface Measured {
  /** With its base path and a slash at the end. */
  url: string
  figures: ProcessFigures
  /** Those of our processes, and none of the peer's. */
  figuresOf(face: Face): ProcessFigures
  agent: Agent
  api: Face
  legacy: Face
  /** Our faces, and the peer's where one was named. */
  faces: Face[]
  /** Frees the disk from submissions and feedback that came since then (milliseconds since 1970); the rows stay. */
  forgetFiles(since: number): void
  stop(): Promise<void>
}

export interface MeasuredOptions {
  env?: Record<string, string>
  /** More than one stand behind nginx, on one folder and one database. */
  processes?: number
}

export async function startMeasured(
  bench: Bench,
  { env = {}, processes = 1 }: MeasuredOptions = {},
): Promise<Measured> {
  mkdirSync(bench.folder, { recursive: true })
  const children: ServiceChild[] = []
  while (children.length < processes) {
    children.push(await ServiceChild.start({ directory: bench.folder, env, program: 'server/dist/main.js' }))
  }
  const ports = children.map(({ url }) => Number(new URL(url).port))
  const balancer = processes > 1 ? await startBalancer(ports) : null
  const agent = connections()
  const url = balancer?.url ?? children[0]?.url ?? ''
  const options = { url, agent, headers: proxyHeader }
  const api = apiFace(options)
  const legacy = legacyFace(options)
  const peers = bench.peer ? [{ ...legacyFace({ ...bench.peer, agent }), name: 'peer' }] : []
  const figures = new ProcessFigures(...children.map(({ pid }) => pid))
  return {
    url,
    figures,
    figuresOf: (face) => (peers.includes(face) ? new ProcessFigures() : figures),
    agent,
    api,
    legacy,
    faces: [api, legacy, ...peers],
    forgetFiles(since) {
      for (const kind of ['submitted', 'feedback']) {
        removeNewFiles(join(placesIn(bench.folder).storage, '1', kind), since)
      }
    },
    async stop() {
      agent.destroy()
      await balancer?.stop()
      for (const child of children) await child.stop()
    },
  }
}

function removeNewFiles(folder: string, since: number): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && statSync(path).mtimeMs >= since) rmSync(path)
  }
}
