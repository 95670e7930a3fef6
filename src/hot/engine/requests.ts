import type { Model } from '../model/model.ts'
import { readsIn } from '../plan/reads.ts'

/** What a module asks for when it is loaded, as it is written. */
export function requestsIn(model: Model): string[] {
  const requests = new Set<string>()
  for (const statement of model.parsed.program.body) {
    switch (statement.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
        if (statement.source) requests.add(String(statement.source.value))
        break
      default:
        break
    }
  }
  for (const read of readsIn(model)) if (read.of === 'request') requests.add(read.request)
  return [...requests]
}
