import { closeSync, openSync, readSync } from 'node:fs'

/** What the first bytes of a native addon say about where it can be loaded. `null`: not to be told. */
export interface AddonTarget {
  format: 'ELF' | 'Mach-O' | 'PE'
  /** As `process.arch` has them; several in a universal Mach-O file. A machine that is not known here has its number. */
  archs: string[]
}

/** Reads the target of a `.node` file from its header. */
export function readAddonTarget(file: string): AddonTarget | null {
  const fd = openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(4096)
    return addonTargetOf(buffer.subarray(0, readSync(fd, buffer)))
  } finally {
    closeSync(fd)
  }
}

/** Whether a process of this platform and architecture can load it. An unknown file is left to the loader. */
export function canLoad(target: AddonTarget | null, host: { platform: string; arch: string }): boolean {
  if (target === null) return true
  const format = host.platform === 'win32' ? 'PE' : host.platform === 'darwin' ? 'Mach-O' : 'ELF'
  return target.format === format && target.archs.includes(host.arch)
}

function addonTargetOf(head: Buffer): AddonTarget | null {
  if (head.length < 64) return null
  const magic = head.readUInt32BE(0)
  if (magic === 0x7f454c46) {
    // https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html: e_machine, in the file's own byte order
    const machine = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18)
    return { format: 'ELF', archs: [ELF_MACHINES[machine] ?? String(machine)] }
  }
  if (magic === 0xcffaedfe) return { format: 'Mach-O', archs: [machArch(head.readUInt32LE(4))] }
  if (magic === 0xcafebabe) return { format: 'Mach-O', archs: universalArchs(head) }
  if (head.readUInt16BE(0) === 0x4d5a) return portableExecutable(head)
  return null
}

const ELF_MACHINES: Record<number, string> = {
  3: 'ia32',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
}

const machArch = (cpu: number) => (cpu === 0x01000007 ? 'x64' : cpu === 0x0100000c ? 'arm64' : String(cpu))

/** `fat_header` and its `fat_arch` records of 20 bytes, big-endian. */
function universalArchs(head: Buffer): string[] {
  const count = Math.min(head.readUInt32BE(4), Math.floor((head.length - 8) / 20))
  return Array.from({ length: count }, (_, index) => machArch(head.readUInt32BE(8 + index * 20)))
}

/** https://learn.microsoft.com/windows/win32/debug/pe-format: the machine follows the signature that 0x3c points to. */
function portableExecutable(head: Buffer): AddonTarget | null {
  const at = head.readUInt32LE(0x3c)
  if (at + 6 > head.length || head.readUInt32BE(at) !== 0x50450000) return null
  const machine = head.readUInt16LE(at + 4)
  return { format: 'PE', archs: [PE_MACHINES[machine] ?? String(machine)] }
}

const PE_MACHINES: Record<number, string> = { 332: 'ia32', 34404: 'x64', 43620: 'arm64' }
