import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Peers listen here, each on a Unix socket, while they are asked whether they are well: for their user alone. */
const probeFolder = (stateDir: string) => join(stateDir, 'probe')

export function makeProbeFolder(stateDir: string): void {
  mkdirSync(probeFolder(stateDir), { recursive: true, mode: 0o700 })
}

export const probePath = (stateDir: string, peer: string): string => join(probeFolder(stateDir), peer)

/** A peer takes its socket away itself; one that was killed could not. */
export const removeProbe = (path: string): void => rmSync(path, { force: true })
