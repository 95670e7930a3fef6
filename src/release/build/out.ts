import { randomBytes } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { BeamDeployError } from '../../errors.ts'
import { buildFailed } from './failure.ts'

/** The archive formats that are written, by the ending of the file's name. */
const ENDINGS = ['.tgz', '.tar.gz', '.tar', '.tar.zst'] as const
export type ArchiveEnding = (typeof ENDINGS)[number]

export function endingOf(path: string): ArchiveEnding | null {
  return ENDINGS.find(ending => path.endsWith(ending) && basename(path) !== ending) ?? null
}

export interface Out {
  /** Absolute path of the archive. */
  file: string
  ending: ArchiveEnding
}

/** Where the archive goes, checked before anything slow is done: `invalid_option` or `build_failed`. */
export async function resolveOut(
  out: string | undefined,
  { name, version }: { name: string; version: string },
): Promise<Out> {
  const wanted = resolve(out ?? `${name.replace(/^@/, '').replaceAll('/', '-')}-${version}.tgz`)
  const ending = endingOf(wanted)
  if (ending === null) {
    throw new BeamDeployError(
      'invalid_option',
      `The archive ${wanted} has an unknown ending. Name a file that ends in ${ENDINGS.join(', ')}.`,
      { phase: 'build' },
    )
  }
  const folder = await realpath(dirname(wanted)).catch((cause: unknown) => {
    throw buildFailed(
      `The folder of ${wanted} is not there. Create it, or name another file for the archive.`,
      { cause },
    )
  })
  const file = join(folder, basename(wanted))
  if (!(await isFolder(folder)))
    throw buildFailed(`${folder} is not a folder. Name another file for the archive.`)
  if (await isFolder(file)) throw buildFailed(`${file} is a folder. Name a file for the archive.`)
  return { file, ending }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    stats => stats.isDirectory(),
    () => false,
  )
}

/** A name beside the archive to write under until it is whole. */
export function temporaryName(file: string): string {
  return join(dirname(file), `.beam-deploy-${randomBytes(6).toString('hex')}.tmp`)
}

/** Recognises what `temporaryName` makes: a build that was killed may have left such files. */
export function isTemporaryName(path: string): boolean {
  return /^\.beam-deploy-[0-9a-f]{12}\.tmp$/.test(basename(path))
}
