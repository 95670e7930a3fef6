import { closeSync } from 'node:fs'
import type { InheritedEndpoint } from '../rpc/protocol.ts'

/** Whether an endpoint can be listened on once more. Parents of older versions give no descriptors for that. */
export const hasSpare = ({ spares = [] }: InheritedEndpoint): boolean => spares.length > 0

/** Another descriptor of the endpoint; it belongs to the caller from now on. */
export function takeSpare({ spares }: InheritedEndpoint): number {
  const fd = spares?.shift()
  if (fd === undefined) throw new RangeError('no descriptor is left')
  return fd
}

/** A peer that has ended accepting for good must not keep the address from whoever has it next. */
export function closeSpares(endpoints: readonly InheritedEndpoint[]): void {
  for (const { spares } of endpoints) for (const fd of spares?.splice(0) ?? []) closeSync(fd)
}
