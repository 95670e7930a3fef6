import { sep } from 'node:path'
import { localDependencies } from './local-dependencies.ts'
import { type PackageJson, readPackageJson } from './package-json.ts'
import { hasDependencies, type PackageManager, requirePackageManager } from './package-manager.ts'

/** A folder on this host that dependencies are installed for, or that they link to. */
export interface SourceProject {
  /** Absolute path. */
  dir: string
  pkg: PackageJson
  /** `null` where nothing is to be installed, or another project's install does it. */
  manager: PackageManager | null
}

export interface Sources {
  /** The application last, each after what it links to. */
  projects: SourceProject[]
  /** Absolute paths of tarballs and folders that a package manager takes copies of. */
  copied: string[]
}

/**
 * All that a production install of `dir` reads from this host's disk. A linked folder outside a project
 * is a project of its own (npm does not lock what it depends on); one inside is installed along with it.
 */
export async function findSources(dir: string, pkg: PackageJson): Promise<Sources> {
  const projects: SourceProject[] = []
  const copied = new Set<string>()
  const seen = new Set([dir])
  const visit = async (project: SourceProject): Promise<void> => {
    const local =
      project.manager === null ? null : await localDependencies(project.dir, project.pkg, project.manager)
    for (const path of local?.copied ?? []) copied.add(path)
    for (const linked of local?.linked ?? []) {
      if (seen.has(linked)) continue
      seen.add(linked)
      const linkedPkg = await readPackageJson(linked)
      const isInside = linked.startsWith(project.dir + sep)
      if (isInside) projects.push({ dir: linked, pkg: linkedPkg, manager: null })
      else await visit(await ownProject(linked, linkedPkg))
    }
    projects.push(project)
  }
  await visit(await ownProject(dir, pkg))
  return { projects, copied: [...copied] }
}

async function ownProject(dir: string, pkg: PackageJson): Promise<SourceProject> {
  return { dir, pkg, manager: hasDependencies(pkg) ? await requirePackageManager(dir, pkg) : null }
}
