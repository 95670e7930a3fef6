import type { ReleaseConfig } from './config.ts'

/** The modules of the application that a configuration names, by their paths in it. */
export function modulesOf({ beforeCutover, afterCutover, parentChildren = [] }: ReleaseConfig): string[] {
  return [beforeCutover, afterCutover, ...parentChildren.map(({ module }) => module)].filter(
    path => path !== undefined,
  )
}
