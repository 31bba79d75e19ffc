import { mkdirSync, rmSync } from 'node:fs'
import type { Agent } from 'node:http'
import { join } from 'node:path'
import { placesIn, ServiceChild } from '../torture/service-child.ts'
import { apiFace, type Face, legacyFace, proxyHeader } from './faces.ts'
import { ProcessFigures } from './process-figures.ts'
import { connections } from './wire.ts'
import type { Bench } from './workload.ts'

/** The service that is measured, built as for production, as a process of its own on SQLite and the local disk. */
export interface Measured {
  child: ServiceChild
  figures: ProcessFigures
  agent: Agent
  api: Face
  legacy: Face
  /** Our faces, and the peer's where one was named. */
  faces: Face[]
  /** Frees the disk from what was handed in; the rows stay. */
  forgetFiles(): void
  stop(): Promise<void>
}

export async function startMeasured(bench: Bench, env: Record<string, string> = {}): Promise<Measured> {
  mkdirSync(bench.folder, { recursive: true })
  const child = await ServiceChild.start({ directory: bench.folder, env, program: 'server/dist/main.js' })
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
    forgetFiles: () =>
      rmSync(join(placesIn(bench.folder).storage, '1/submitted'), { recursive: true, force: true }),
    async stop() {
      agent.destroy()
      await child.stop()
    },
  }
}
