import { access } from 'node:fs/promises'

/** Whether a path leads to something; a link that leads nowhere is not there. */
export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
