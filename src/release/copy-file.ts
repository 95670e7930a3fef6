import { createHash } from 'node:crypto'
import { closeSync, fchmodSync, openSync, readSync } from 'node:fs'
import { writeWhole } from './write-whole.ts'

/** Used by one call at a time: nothing here waits. */
const buffer = Buffer.allocUnsafe(256 * 1024)

/** Copies one file piece by piece, whatever the umask, and returns the SHA-256 (hex) of its content. */
export function copyFile(from: string, to: string, mode: number): string {
  const source = openSync(from, 'r')
  try {
    const target = openSync(to, 'wx', mode)
    try {
      fchmodSync(target, mode)
      return copyContent(source, target)
    } finally {
      closeSync(target)
    }
  } finally {
    closeSync(source)
  }
}

function copyContent(source: number, target: number): string {
  const hash = createHash('sha256')
  for (let length = readSync(source, buffer); length > 0; length = readSync(source, buffer)) {
    const part = buffer.subarray(0, length)
    hash.update(part)
    writeWhole(target, part)
  }
  return hash.digest('hex')
}
