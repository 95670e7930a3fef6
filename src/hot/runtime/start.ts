import { pathToFileURL } from 'node:url'
import { HOT_GLOBAL } from '../../rpc/hot-contracts.ts'
import { instrument } from '../instrument/instrument.ts'
import { findApplication } from './application.ts'
import { hookLoading } from './hooks.ts'
import { createRegistry, type Door, type WriteSlot } from './registry.ts'
import { observeStartup } from './startup.ts'

/** What instrumented modules call. */
interface ModuleCalls {
  note(id: string, slot: number, write: WriteSlot): 0
  unit(id: string, index: number, waits?: 1): void
  loaded(id: string, door: Door, write: WriteSlot, inside: object): void
}

export function startHotLoading(): void {
  const application = findApplication()
  if (application === null) return
  const registry = createRegistry()
  const startup = observeStartup()
  const calls: ModuleCalls = {
    note: (id, slot, write) => startup.note(urlOf(id), slot, write),
    unit: (id, index, waits) => startup.unit(urlOf(id), index, waits === 1),
    loaded: (id, door, write, inside) => {
      const url = urlOf(id)
      startup.left(url)
      const module = registry.modules.get(url)
      if (module) module.living = { door, write, inside }
    },
  }
  Object.defineProperty(globalThis, HOT_GLOBAL, { value: calls })
  hookLoading(application, registry, (text, format) => instrument(text, format)?.edit.toString() ?? null)
}

const urls = new Map<string, string>()

/** CommonJS modules know themselves by their path. */
function urlOf(id: string): string {
  if (id.startsWith('file:')) return id
  let url = urls.get(id)
  if (url === undefined) {
    url = pathToFileURL(id).href
    urls.set(id, url)
  }
  return url
}
