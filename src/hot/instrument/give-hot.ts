import type { ModuleFormat } from '../syntax/parse.ts'

/** Whether a module may ask for `import.meta.hot`, or `module.hot`, however it writes that: to no other is it given. */
export function asksForHot(text: string, format: ModuleFormat): boolean {
  return text.includes(format === 'module' ? 'import.meta' : 'module') && /\bhot\b/.test(text)
}
