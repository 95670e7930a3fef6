import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { BeamDeployError, type BeamDeployErrorCode } from '../../src/errors.ts'
import { type UnpackOptions, unpackRelease } from '../../src/release/unpack.ts'

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'beam-deploy-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder of its own for one unpacking: the archive is in it, and so is what comes out. */
export function unpacking(t: TestContext, bytes: Buffer, options: Partial<UnpackOptions> = {}) {
  const folder = temporaryFolder(t)
  const archive = join(folder, 'release.tgz')
  const into = join(folder, 'into')
  writeFileSync(archive, bytes)
  return { folder, archive, into, run: () => unpackRelease({ archive, into, ...options }) }
}

export function assertError(error: unknown, code: BeamDeployErrorCode, ...says: (string | RegExp)[]): true {
  assert.ok(error instanceof BeamDeployError, String(error))
  assert.equal(error.code, code, error.message)
  for (const part of says) {
    if (typeof part === 'string')
      assert.ok(error.message.includes(part), `${error.message} does not say ${part}`)
    else assert.match(error.message, part)
  }
  return true
}

/** Asserts that the archive is refused, that the message has every one of `says`, and that nothing is left of it. */
export async function assertRefused(t: TestContext, bytes: Buffer, ...says: string[]): Promise<void> {
  const { folder, archive, run } = unpacking(t, bytes)
  await assert.rejects(run, error => {
    assert.equal((error as BeamDeployError).phase, 'unpack')
    return assertError(error, 'invalid_release', archive, ...says)
  })
  assert.deepEqual(readdirSync(folder), ['release.tgz'])
}
