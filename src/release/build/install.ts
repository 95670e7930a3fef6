import type { BuildOptions } from './options.ts'
import type { PackageManager } from './package-manager.ts'
import { runCommand } from './run-command.ts'
import type { Sources } from './sources.ts'
import type { Staging } from './staging.ts'

/** Only what the lockfile says and production needs; hoisted, so that nothing links into a store outside. */
const ARGUMENTS = {
  npm: ['ci', '--omit=dev', '--install-strategy=hoisted', '--no-audit', '--no-fund', '--no-progress'],
  pnpm: [
    'install',
    '--prod',
    '--frozen-lockfile',
    '--config.node-linker=hoisted',
    '--config.prefer-symlinked-executables=true',
    '--config.extend-node-path=false',
  ],
} satisfies Record<PackageManager['name'], string[]>

/** Installs the production dependencies of every staged project; `build_failed` with what the package manager said. */
export async function installDependencies(
  { projects }: Sources,
  staging: Staging,
  { onProgress, signal }: BuildOptions,
): Promise<void> {
  for (const { dir, manager } of projects) {
    if (manager === null) continue
    onProgress?.({ step: 'install', manager: manager.name })
    await runCommand({
      command: manager.name,
      args: ARGUMENTS[manager.name],
      cwd: staging.at(dir),
      purpose: `Installing the production dependencies of ${dir}`,
      echo: false,
      signal,
    })
  }
  await staging.removeSettings()
}
