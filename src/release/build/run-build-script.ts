import type { Application } from './application.ts'
import type { BuildOptions } from './options.ts'
import { stringsOf } from './package-json.ts'
import { findPackageManager } from './package-manager.ts'
import { runCommand } from './run-command.ts'

/** Whether the application has a `build` script. */
export function hasBuildScript({ pkg }: Application): boolean {
  return stringsOf(pkg.scripts).build !== undefined
}

/** Runs the `build` script in the application's folder, with its own development dependencies; `build_failed` when it fails. */
export async function runBuildScript(
  { dir, pkg }: Application,
  { scriptOutput, signal }: BuildOptions,
): Promise<void> {
  const manager = await findPackageManager(dir, pkg)
  await runCommand({
    command: manager?.name ?? 'npm',
    args: ['run', 'build'],
    cwd: dir,
    purpose: 'The build script',
    echo: scriptOutput !== 'hidden',
    signal,
  })
}
