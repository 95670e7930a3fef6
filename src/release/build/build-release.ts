import { tmpdir } from 'node:os'
import type { ReleaseConfig } from '../../config/config.ts'
import { loadConfig } from '../../config/load.ts'
import { modulesOf } from '../../config/modules.ts'
import { isBeamDeployError, messageOf } from '../../errors.ts'
import { type Application, findEntry, readApplication } from './application.ts'
import { contentOf } from './archive-content.ts'
import { buildFailed, throwIfAborted } from './failure.ts'
import { installDependencies } from './install.ts'
import { installedFiles } from './installed-files.ts'
import type { BuildOptions, BuiltRelease } from './options.ts'
import { type Out, resolveOut } from './out.ts'
import { pack } from './pack.ts'
import { stringsOf } from './package-json.ts'
import { packedNode, withNodeOnce } from './packed-node.ts'
import { applicationFiles } from './project-files.ts'
import { hasBuildScript, runBuildScript } from './run-build-script.ts'
import { findSources, type Sources } from './sources.ts'
import { stage, withStagingFolder } from './staging.ts'

/** Scripts of the application's own install. They would find none of its sources where dependencies are installed. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']

/**
 * Builds the release archive of the application in `dir`: what `npm pack` would take, production dependencies as the lockfile
 * fixes them, and a manifest. Equal input makes equal bytes. The application's own `node_modules` is not touched.
 *
 * @throws `build_failed`, or `invalid_option` for an `out` of an unknown format and for what is wrong with the configuration. After either, no archive was written or replaced.
 */
export async function buildRelease(options: BuildOptions): Promise<BuiltRelease> {
  try {
    return await build(options)
  } catch (cause) {
    if (isBeamDeployError(cause)) throw cause
    throw buildFailed(
      `Building a release of ${options.dir} failed: ${messageOf(cause)}. Check free space and permissions, there and in ${tmpdir()}.`,
      { cause },
    )
  }
}

async function build(options: BuildOptions): Promise<BuiltRelease> {
  const { onProgress, signal } = options
  let input = await readInput(options)
  if (hasBuildScript(input.application)) {
    onProgress?.({ step: 'build' })
    await runBuildScript(input.application, options)
    // It may have written package.json.
    input = await readInput(options)
  }
  const { application, sources, out } = input
  onProgress?.({ step: 'list' })
  const files = await applicationFiles(application.dir, application.pkg, out.file)
  const entry = findEntry(application, new Set(files))
  const config = await checkedConfig(application.dir, new Set(files))
  throwIfAborted(signal)
  return withStagingFolder(async folder => {
    const staging = await stage(folder, sources)
    await installDependencies(sources, staging, options)
    const linked = sources.projects.map(project => project.dir).filter(dir => dir !== application.dir)
    const installed = await installedFiles(staging.at(application.dir), new Set(linked.map(staging.at)))
    const found = contentOf(application.dir, files, installed, linked)
    const node = packedNode(config?.node, found)
    const content = withNodeOnce(found, node)
    const packed = await pack({ application, entry, node, content, out }, options)
    const { name, version, pkg } = application
    const skippedScripts = INSTALL_SCRIPTS.filter(script => stringsOf(pkg.scripts)[script] !== undefined)
    return { file: out.file, name, version, entry, ...packed, skippedScripts }
  })
}

/** What is wrong with a configuration should be met here, and not where the release is started. */
async function checkedConfig(dir: string, files: ReadonlySet<string>): Promise<ReleaseConfig | null> {
  const config = await loadConfig(dir)
  const missing = config && modulesOf(config).find(path => !files.has(path))
  if (missing) {
    throw buildFailed(
      `The configuration names the module ${missing}, which does not go into the release. Add it to "files" in package.json.`,
    )
  }
  return config
}

interface Input {
  application: Application
  sources: Sources
  out: Out
}

/** All that can be wrong before anything slow is done. */
async function readInput({ dir, out }: BuildOptions): Promise<Input> {
  const application = await readApplication(dir)
  return {
    application,
    out: await resolveOut(out, application),
    sources: await findSources(application.dir, application.pkg),
  }
}
