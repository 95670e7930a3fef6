import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { notesOf } from '../parent/support.ts'
import { type RunningApp, type StartOptions, startApp } from './beam.ts'
import { type PackOptions, packApp, tempDir } from './pack-app.ts'
import type { Scope } from './scope.ts'

type Step = 'prepare' | 'commit' | 'settle' | 'revert' | 'discard'
/** What the engine of each slot does at a step. `wait`: until {@link StandIn.open}. */
export type Orders = Record<number, Partial<Record<Step, 'fail' | 'refuse' | 'exit' | 'wait'>>>

export interface StandIn extends RunningApp {
  /** The steps that the stand-in engines were told of: `<slot> <step> <version that ran>`. */
  steps(): string[]
  /** The same, with what came with them. */
  notes(): string[]
  order(orders: Orders): void
  /** Ends all waiting. */
  open(): void
}

/** Packs the application whose peers have a stand-in for the engine of hot upgrades. */
export const packStandIn = (t: Scope, version: string, options: Omit<PackOptions, 'version'> = {}) =>
  packApp(t, 'hot-stand-in', { version, ...options })

export async function startStandIn(
  t: Scope,
  archive: string | null,
  { args = [], ...options }: StartOptions & { peers?: number } = {},
): Promise<StandIn> {
  const dir = tempDir(t)
  const [notesFile, orders, gate] = ['notes', 'orders', 'gate'].map(name => join(dir, name)) as [
    string,
    string,
    string,
  ]
  const app = await startApp(t, archive, {
    ...options,
    args: ['--peers', String(options.peers ?? 2), ...args],
    env: { ...options.env, NOTES: notesFile, ORDERS: orders, GATE: gate },
  })
  const notes = () => notesOf(notesFile)
  return {
    ...app,
    notes,
    steps: () => notes().map(line => line.split(' ').slice(0, 3).join(' ')),
    order: what => writeFileSync(orders, JSON.stringify(what)),
    open: () => writeFileSync(gate, ''),
  }
}
