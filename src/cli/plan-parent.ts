import { availableParallelism } from 'node:os'
import { declareEndpoints } from '../parent/declare-endpoints.ts'
import { appStateDir } from '../state-dir.ts'
import type { ParentPlan } from './parent-plan.ts'
import { onlyApp, stageSource } from './stage-source.ts'

export interface StartRequest {
  /** Absolute path of an archive or folder; `null` for what ran before. */
  source: string | null
  root: string
  app: string | undefined
  ports: number[]
  hosts: string[]
  paths: string[]
  peers: number | 'max'
  readyTimeout: number
  shutdownTimeout: number
  keepReleases: number
  envFile: string | null
  json: boolean
}

/** Finds out which application is to run and how, and unpacks it. `undo` removes what nobody has taken over. */
export async function planParent(request: StartRequest, undo: DisposableStack): Promise<ParentPlan> {
  const { source, root, readyTimeout, shutdownTimeout, keepReleases, envFile, json } = request
  const endpoints = declareEndpoints(request, process.env)
  const staged = source === null ? null : await stageSource(source, root, undo)
  const app = request.app ?? staged?.unpacked.name ?? onlyApp(root)
  return {
    app,
    endpoints,
    peers: request.peers === 'max' ? availableParallelism() : request.peers,
    readyTimeout,
    shutdownTimeout: Number.isFinite(shutdownTimeout) ? shutdownTimeout : null,
    stateDir: appStateDir(root, app),
    keepReleases,
    envFile,
    staged,
    json,
  }
}
