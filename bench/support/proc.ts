import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second in `/proc/<pid>/stat`: `sysconf(_SC_CLK_TCK)`, 100 on every Linux that Node.js runs on. */
const TICKS = 100

/** Memory of a process, in KiB. */
export interface Memory {
  /** Resident: its own pages and those it shares. */
  rss: number
  /** Of these, what is no file's: heaps and stacks. */
  anonymous: number
  /** Of these, mapped files: for the most part the `node` program itself. */
  file: number
  /** Resident with shared pages divided among their users; `null` where it cannot be read. */
  pss: number | null
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    rss: field(status, 'VmRSS'),
    anonymous: field(status, 'RssAnon'),
    file: field(status, 'RssFile'),
    pss: pssOf(pid),
  }
}

function pssOf(pid: number): number | null {
  try {
    return field(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss')
  } catch {
    return null
  }
}

function field(text: string, name: string): number {
  const value = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
  if (value === undefined) throw new Error(`no ${name} in ${text.slice(0, 80)}`)
  return Number(value)
}

export const openFilesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

/** Seconds of CPU that all threads of a process have used. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name may hold spaces; after it come the state and 10 more fields, then user and system time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}
