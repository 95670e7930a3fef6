import type { ReleaseConfig } from './config.ts'

/** The modules of the application that a configuration names, by their paths in it. */
export function modulesOf({
  beforeCutover,
  afterCutover,
  healthCheck,
  parentChildren = [],
}: ReleaseConfig): string[] {
  return [
    beforeCutover,
    afterCutover,
    healthCheck?.module,
    ...parentChildren.map(({ module }) => module),
  ].filter(path => path !== undefined)
}
