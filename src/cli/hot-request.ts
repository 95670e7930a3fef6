import { resolve } from 'node:path'
import { type HotUpgradeRequest, SUSPEND_TIMEOUT_MS } from '../rpc/hot-contracts.ts'
import { parseDuration } from './duration.ts'
import { invalidOption } from './invalid-option.ts'
import { type CommonOptions, last } from './options.ts'

export interface HotCommandOptions extends CommonOptions {
  suspendTimeout?: string[]
  continueOnCodeChangeError?: boolean
  allow?: string[]
  extra?: string[]
}

/** What the options of a command ask for. */
export async function hotRequest(archive: string, options: HotCommandOptions): Promise<HotUpgradeRequest> {
  const timeout = last(options.suspendTimeout)
  const extra = last(options.extra)
  return {
    path: resolve(archive),
    suspendTimeoutMs:
      timeout === undefined ? SUSPEND_TIMEOUT_MS : parseDuration('--suspend-timeout', timeout),
    onCodeChangeError: options.continueOnCodeChangeError ? 'continue' : 'revert',
    allow: options.allow ?? [],
    ...(extra !== undefined && { extra: await packExtra(extra) }),
  }
}

async function packExtra(text: string) {
  const { packedAsText } = await import('../rpc/packed-text.ts')
  const { pack } = await import('../rpc/values.ts')
  return packedAsText(pack(parseExtra(text), '--extra'))
}

function parseExtra(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidOption('--extra', text, `it must be JSON, such as '{"units":"metric"}'`)
  }
}
