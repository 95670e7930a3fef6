import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { Manifest } from '../../src/release/manifest.ts'
import type { RuntimeIdentity } from '../../src/release/release.ts'
import { assertCompatible, currentRuntime } from '../../src/release/runtime.ts'
import { assertError, temporaryFolder } from './unpack-support.ts'

const linuxX64: RuntimeIdentity = { nodeMajor: 24, abi: '137', platform: 'linux', arch: 'x64', libc: 'glibc' }
const linuxArm: RuntimeIdentity = { ...linuxX64, arch: 'arm64' }
const macArm: RuntimeIdentity = { ...linuxX64, platform: 'darwin', arch: 'arm64', libc: null }
const windows: RuntimeIdentity = { ...linuxX64, platform: 'win32', libc: null }

test('the current runtime is that of this process', () => {
  const runtime = currentRuntime()
  assert.equal(`v${runtime.nodeMajor}`, process.version.split('.')[0])
  assert.equal(runtime.abi, process.versions.modules)
  assert.equal(runtime.platform, process.platform)
  assert.equal(runtime.arch, process.arch)
  assert.equal(runtime.libc !== null, process.platform === 'linux')
})

describe('with a manifest', () => {
  const releaseOf = (
    runtime: RuntimeIdentity,
    nativeAddons = ['node_modules/x/x.node', 'node_modules/x/y.node'],
  ) => ({
    dir: '/nowhere',
    name: 'demo',
    version: '1.2.3',
    manifest: { runtime, nativeAddons } as Manifest,
    nativeAddons,
  })

  test('the same runtime is compatible', () => {
    assertCompatible(releaseOf(linuxX64), { ...linuxX64, nodeMajor: 25 })
  })

  test('any runtime is compatible without native addons', () => {
    assertCompatible(releaseOf(windows, []), linuxArm)
  })

  const others: [string, RuntimeIdentity, string][] = [
    ['platform', macArm, 'darwin-arm64'],
    ['architecture', linuxArm, 'linux-arm64 with glibc'],
    ['C library', { ...linuxX64, libc: 'musl' }, 'linux-x64 with musl'],
    ['ABI', { ...linuxX64, abi: '999' }, 'ABI 999'],
  ]
  for (const [what, built, says] of others) {
    test(`another ${what} is refused`, () => {
      const here = 'this host is linux-x64 with glibc, Node.js 24 (ABI 137)'
      const run = () => assertCompatible(releaseOf(built), linuxX64)
      assert.throws(run, error =>
        assertError(
          error,
          'incompatible_runtime',
          'demo 1.2.3',
          'x.node and 1 more',
          says,
          here,
          'Build the release',
        ),
      )
    })
  }
})

describe('without a manifest', () => {
  function releaseWith(t: TestContext, addons: Record<string, Buffer>) {
    const dir = temporaryFolder(t)
    for (const [path, bytes] of Object.entries(addons)) {
      mkdirSync(join(dir, dirname(path)), { recursive: true })
      writeFileSync(join(dir, path), bytes)
    }
    return { dir, name: 'demo', version: '1.2.3', nativeAddons: Object.keys(addons).sort() }
  }

  const elf = (machine: number, bigEndian = false) => {
    const head = Buffer.alloc(100)
    head.writeUInt32BE(0x7f454c46)
    head[5] = bigEndian ? 2 : 1
    if (bigEndian) head.writeUInt16BE(machine, 18)
    else head.writeUInt16LE(machine, 18)
    return head
  }
  const machO = (cpu: number) => {
    const head = Buffer.alloc(100)
    head.writeUInt32LE(0xfeedfacf)
    head.writeUInt32LE(cpu, 4)
    return head
  }
  const universal = (...cpus: number[]) => {
    const head = Buffer.alloc(100)
    head.writeUInt32BE(0xcafebabe)
    head.writeUInt32BE(cpus.length, 4)
    for (const [index, cpu] of cpus.entries()) head.writeUInt32BE(cpu, 8 + index * 20)
    return head
  }
  const portableExecutable = (machine: number) => {
    const head = Buffer.alloc(300)
    head.write('MZ')
    head.writeUInt32LE(0x80, 0x3c)
    head.write('PE\0\0', 0x80)
    head.writeUInt16LE(machine, 0x84)
    return head
  }
  const [X64, ARM64, S390X] = [62, 183, 22]
  const [MAC_X64, MAC_ARM64] = [0x01000007, 0x0100000c]

  const kinds: [name: string, bytes: Buffer, fits: RuntimeIdentity[], described: string][] = [
    ['ELF for x64', elf(X64), [linuxX64], 'linux-x64'],
    ['ELF for arm64', elf(ARM64), [linuxArm], 'linux-arm64'],
    ['ELF for another machine', elf(S390X, true), [], 'linux-s390x'],
    ['Mach-O for arm64', machO(MAC_ARM64), [macArm], 'darwin-arm64'],
    ['Mach-O for x64', machO(MAC_X64), [], 'darwin-x64'],
    ['universal Mach-O', universal(MAC_X64, MAC_ARM64), [macArm], 'darwin-x64/arm64'],
    ['PE for x64', portableExecutable(0x8664), [windows], 'win32-x64'],
  ]
  for (const [name, bytes, fits, described] of kinds) {
    for (const host of [linuxX64, linuxArm, macArm, windows]) {
      const expected = fits.includes(host)
      test(`${name} is ${expected ? 'compatible with' : 'refused on'} ${host.platform}-${host.arch}`, t => {
        const run = () => assertCompatible(releaseWith(t, { 'node_modules/x/x.node': bytes }), host)
        if (expected) return run()
        const here = `this host is ${host.platform}-${host.arch}`
        assert.throws(run, error =>
          assertError(
            error,
            'incompatible_runtime',
            'demo 1.2.3',
            'node_modules/x/x.node',
            `for ${described}`,
            here,
          ),
        )
      })
    }
  }

  test('prebuilt addons for many platforms are compatible when one fits', t => {
    const addons = {
      'node_modules/@scope/x/prebuilds/darwin-arm64/x.node': machO(MAC_ARM64),
      'node_modules/@scope/x/prebuilds/linux-x64/x.node': elf(X64),
      'node_modules/@scope/x/prebuilds/win32-x64/x.node': portableExecutable(0x8664),
    }
    assertCompatible(releaseWith(t, addons), linuxX64)
    assert.throws(() => assertCompatible(releaseWith(t, addons), linuxArm), { code: 'incompatible_runtime' })
  })

  test('packages of one family for many platforms are compatible when one fits', t => {
    const addons = {
      'node_modules/@img/sharp-darwin-arm64/lib/sharp.node': machO(MAC_ARM64),
      'node_modules/@img/sharp-linux-x64/lib/sharp.node': elf(X64),
      'node_modules/@img/sharp-linuxmusl-x64/lib/sharp.node': elf(X64),
    }
    assertCompatible(releaseWith(t, addons), linuxX64)
    assert.throws(() => assertCompatible(releaseWith(t, addons), windows), { code: 'incompatible_runtime' })
  })

  test('every package must have one that fits', t => {
    const addons = {
      'node_modules/a/a.node': elf(X64),
      'node_modules/a/node_modules/b/b.node': machO(MAC_ARM64),
      'own.node': elf(X64),
    }
    const run = () => assertCompatible(releaseWith(t, addons), linuxX64)
    assert.throws(run, error => assertError(error, 'incompatible_runtime', 'b.node', 'darwin-arm64'))
  })

  test('what cannot be told is left to the loader', t => {
    const addons = { 'a.node': Buffer.alloc(10), 'node_modules/b/b.node': Buffer.alloc(200, 7) }
    assertCompatible(releaseWith(t, addons), linuxX64)
  })

  test('an addon of this host is compatible with it', t => {
    const bytes = process.platform === 'linux' ? elf(process.arch === 'x64' ? X64 : ARM64) : machO(MAC_ARM64)
    assertCompatible(releaseWith(t, { 'a.node': bytes }))
  })
})
