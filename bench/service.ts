import { mkdirSync } from 'node:fs'
import type { Agent } from 'node:http'
import { join } from 'node:path'
import { removeFolder } from '../torture/scratch.ts'
import { placesIn, ServiceChild } from '../torture/service-child.ts'
import { apiFace } from './api-face.ts'
import { type Face, proxyHeader } from './faces.ts'
import { legacyFace } from './legacy-face.ts'
import { ProcessFigures } from './process-figures.ts'
import { connections } from './wire.ts'
import type { Bench } from './workload.ts'

/** The service that is measured, as a process of its own on SQLite and the local disk. */
export interface Measured {
  child: ServiceChild
  figures: ProcessFigures
  agent: Agent
  api: Face
  legacy: Face
  /** Our faces, and the peer's where one was named. */
  faces: Face[]
  /** Frees the disk from what was handed in, and from feedback; the rows stay. */
  forgetFiles(): void
  stop(): Promise<void>
}

export async function startMeasured(bench: Bench, env: Record<string, string> = {}): Promise<Measured> {
  mkdirSync(bench.folder, { recursive: true })
  const child = await ServiceChild.start({ directory: bench.folder, env })
  const agent = connections()
  const options = { url: child.url, agent, headers: proxyHeader }
  const api = apiFace(options)
  const legacy = legacyFace(options)
  const peers = bench.peer ? [{ ...legacyFace({ ...bench.peer, agent }), name: 'peer' }] : []
  return {
    child,
    figures: new ProcessFigures(child.pid),
    agent,
    api,
    legacy,
    faces: [api, legacy, ...peers],
    forgetFiles() {
      for (const kind of ['submitted', 'feedback'])
        removeFolder(join(placesIn(bench.folder).storage, '1', kind))
    },
    async stop() {
      agent.destroy()
      await child.stop()
    },
  }
}
