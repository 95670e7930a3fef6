import type { Operations } from '../rpc/contracts.ts'
import { type ExchangeParts, exchangeFunctions } from './exchange-functions.ts'
import { localChild } from './local-child.ts'
import { createParentChildren, type ParentChildren } from './parent-children.ts'
import { processChild } from './process-child.ts'
import type { ParentSettings } from './settings.ts'

/** The parent children of `settings`: functions of this program in this process, modules in processes of their own. */
export function childrenOf(
  { parentChildren, timeoutsOf, prefixOutput, logger }: ParentSettings,
  env: () => NodeJS.ProcessEnv,
  operations: Operations,
  exchange: () => ExchangeParts,
  onExhausted: (id: string) => void,
): ParentChildren {
  const functions = () => ({
    ...operations,
    ...exchangeFunctions(exchange(), null),
    // A child reads its wire from its first moment, and is never replaced.
    open: () => undefined,
    handOver: () => undefined,
  })
  const { shutdownTimeout } = timeoutsOf({})
  const specs = parentChildren.map(spec =>
    'start' in spec
      ? localChild(spec)
      : processChild(spec, { env, functions, shutdownTimeout, prefixOutput }),
  )
  return createParentChildren({ specs, logger, onExhausted })
}
