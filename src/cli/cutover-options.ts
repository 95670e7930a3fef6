import type { Command } from 'cac'
import type { CutoverMode } from '../config/config.ts'
import { parseDuration } from './duration.ts'
import { invalidOption } from './invalid-option.ts'
import { last } from './options.ts'

/** What the command line says of the cutover. */
export type CutoverOptions = Partial<Record<'cutover' | 'overlapTime', string[]>>

export function withCutoverOptions(command: Command): Command {
  return command
    .option(
      '--cutover <mode>',
      'gate: the old peers stop accepting when the new ones accept; overlap: both accept for a while (default: gate)',
    )
    .option('--overlap-time <time>', 'How long both accept with --cutover overlap (default: 10 s)')
}

/** What was given; nothing of what was not. */
export function cutoverGiven(options: CutoverOptions): { cutover?: CutoverMode; overlapTime?: number } {
  const cutover = last(options.cutover)
  const overlapTime = last(options.overlapTime)
  return {
    ...(cutover !== undefined && { cutover: parseMode(cutover) }),
    ...(overlapTime !== undefined && { overlapTime: parseDuration('--overlap-time', overlapTime) }),
  }
}

function parseMode(value: string): CutoverMode {
  if (value !== 'gate' && value !== 'overlap')
    throw invalidOption('--cutover', value, 'it must be gate or overlap')
  return value
}
